//! The plans of a migration: all routes are looked at together before anything is listed, planned side by side, and looked
//! at together once more when their keys are known.

use futures::future::try_join_all;

use crate::domain::{
    location::Location,
    plan::{PlanError, PlannedRoute, Route, one_source_each, read_apart, routes_apart},
};

use super::{
    alias::one_name,
    command::RouteAsk,
    event::Failed,
    plan::{Wanted, plan},
    room::Room,
};

/// Plans every route, or none.
pub(super) async fn plan_routes(
    room: &Room,
    asked: &[RouteAsk],
) -> Result<Vec<PlannedRoute>, Failed> {
    apart(room, asked).await?;
    let plans = asked.iter().map(|route| one(room, route));
    let plans = try_join_all(plans).await?;
    let apart = one_source_each(&plans).and_then(|()| read_apart(&plans));
    apart.map_err(|error| Failed::from(PlanError::Route(error)))?;
    Ok(plans)
}

async fn one(room: &Room, asked: &RouteAsk) -> Result<PlannedRoute, Failed> {
    let RouteAsk {
        route,
        only,
        options,
    } = asked;
    let wanted = Wanted {
        source: &route.source,
        destination: &route.destination,
        only,
        options,
    };
    let plan = Box::pin(plan(room, wanted)).await;
    let name = &route.name;
    let plan = plan.map_err(|failed| Failed {
        message: format!("route {name}: {}", failed.message),
        ..failed
    })?;
    Ok(PlannedRoute {
        name: name.clone(),
        plan: plan.into(),
    })
}

/// Refuses routes that are in each other's way, by whatever names their places go.
async fn apart(room: &Room, asked: &[RouteAsk]) -> Result<(), Failed> {
    let mut routes: Vec<Route> = Vec::with_capacity(asked.len());
    // Between single keys nothing but the keys themselves can be in each other's way.
    for RouteAsk { route, .. } in asked.iter().filter(|ask| ask.only.is_empty()) {
        let mut route = route.clone();
        for place in [&mut route.source, &mut route.destination] {
            *place = known_as(room, place, &routes).await?;
        }
        routes.push(route);
    }
    routes_apart(&routes).map_err(|error| Failed::from(PlanError::Route(error)))
}

/// The place under the remote's name that an earlier route gave it.
async fn known_as(room: &Room, place: &Location, earlier: &[Route]) -> Result<Location, Failed> {
    let mut name = place.clone();
    let places = earlier
        .iter()
        .flat_map(|route| [&route.source, &route.destination]);
    for other in places {
        name = one_name(&room.sessions, other, name).await?;
    }
    Ok(name)
}

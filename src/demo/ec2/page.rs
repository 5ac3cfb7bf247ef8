//! Pages of an answer: `MaxResults` and `NextToken`.

use crate::demo::cloud::Refusal;

use super::{
    form::Form,
    xml::{Element, leaf},
};

/// The most things on a page.
const MOST: usize = 1000;

/// A page of things, and the element that leads to the next one.
pub(super) struct Page<T> {
    pub(super) things: Vec<T>,
    next: Option<usize>,
}

impl<T> Page<T> {
    /// The page that a request asks for; `ids` tells whether it names its things.
    pub(super) fn of(things: Vec<T>, form: &Form, ids: bool) -> Result<Self, Refusal> {
        let most = most(form, ids)?;
        let from = match form.get("NextToken") {
            Some(token) => offset(token).ok_or_else(unknown)?,
            None => 0,
        };
        if from > things.len() {
            return Err(unknown());
        }
        let next = (from + most < things.len()).then_some(from + most);
        Ok(Self {
            things: things.into_iter().skip(from).take(most).collect(),
            next,
        })
    }

    /// What leads to the next page; nothing on the last one.
    pub(super) fn token(&self) -> Option<Element> {
        self.next
            .map(|next| leaf("nextToken", format!("page-{next}")))
    }
}

fn offset(token: &str) -> Option<usize> {
    token.strip_prefix("page-")?.parse().ok()
}

fn unknown() -> Refusal {
    Refusal::new("InvalidParameterValue", "Unable to parse pagination token")
}

fn most(form: &Form, ids: bool) -> Result<usize, Refusal> {
    let Some(asked) = form.get("MaxResults") else {
        return Ok(MOST);
    };
    if ids {
        let message = "The parameter MaxResults cannot be used with ids in the same call";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    let most = asked.parse().ok().filter(|most| (5..=MOST).contains(most));
    most.ok_or_else(|| {
        let message =
            format!("Value ( {asked} ) for parameter maxResults is invalid. Expecting a value from 5 to {MOST}");
        Refusal::new("InvalidParameterValue", message)
    })
}

//! What lies beside instances and costs, or would launch them again: NAT gateways, spot requests, launch templates, images.

use super::instance::Tag;

/// A NAT gateway.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nat {
    /// `nat-…`.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Its network.
    pub vpc: Box<str>,
    /// The allocation ids of its addresses.
    pub addresses: Vec<Box<str>>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A request for spot capacity that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpotRequest {
    /// `sir-…`.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Whether it launches again what was interrupted or terminated.
    pub persistent: bool,
    /// The instance that it launched.
    pub instance: Option<Box<str>>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A launch template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// `lt-…`.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// An image that the account owns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// `ami-…`.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// The snapshots that it stands on.
    pub snapshots: Vec<Box<str>>,
    /// Its tags.
    pub tags: Vec<Tag>,
}

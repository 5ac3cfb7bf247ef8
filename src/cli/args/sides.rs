//! Flags that speak of one side only, where both are in S3 and differ in account, region or endpoint.

use clap::Args;

/// How one side is reached, where it is another way than the other.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "One side only")]
pub struct SideArgs {
    /// Profile for the source (or left side)
    #[arg(long, value_name = "NAME")]
    pub source_profile: Option<String>,
    /// Region of the source
    #[arg(long, value_name = "NAME")]
    pub source_region: Option<String>,
    /// Endpoint of the source
    #[arg(long, value_name = "URL")]
    pub source_endpoint_url: Option<String>,
    /// Read the source without a signature (public buckets)
    #[arg(long)]
    pub source_no_sign_request: bool,
    /// Pay for what is read from the source
    #[arg(long)]
    pub source_requester_pays: bool,
    /// Profile for the destination (or right side)
    #[arg(long, value_name = "NAME")]
    pub destination_profile: Option<String>,
    /// Region of the destination
    #[arg(long, value_name = "NAME")]
    pub destination_region: Option<String>,
    /// Endpoint of the destination
    #[arg(long, value_name = "URL")]
    pub destination_endpoint_url: Option<String>,
}

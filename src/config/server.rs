//! How the API is reached.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    /// Worker threads; the number of cores when 0.
    pub workers: usize,
    /// Seconds between saying "not ready" and closing the door when stopping: longer than a proxy needs to notice.
    pub drain_seconds: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            workers: 0,
            drain_seconds: 0,
            trusted_proxies: Vec::new(),
        }
    }
}

//! The keys that requests are signed with: asked of the SDK's chain, kept until shortly before they expire.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::{
    ProvideCredentials as _, SharedCredentialsProvider, error::CredentialsError,
};
use aws_smithy_runtime_api::client::identity::Identity;

/// How long the source of the credentials may take: a login process, STS, SSO.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long before they expire keys are asked for anew.
const AHEAD: Duration = Duration::from_secs(10);

/// How long keys are kept that tell no end.
const ENDLESS: Duration = Duration::from_mins(15);

/// The keys of a remote; many may ask at once, and the chain is asked once.
#[derive(Debug)]
pub(in crate::backend) struct Ring {
    provider: SharedCredentialsProvider,
    kept: Mutex<Option<Kept>>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Kept {
    identity: Identity,
    until: SystemTime,
}

impl Ring {
    pub(in crate::backend) fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            kept: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// The keys to sign with now.
    pub(in crate::backend) async fn identity(&self) -> Result<Identity, CredentialsError> {
        if let Some(identity) = self.kept() {
            return Ok(identity);
        }
        let _turn = self.asking.lock().await;
        if let Some(identity) = self.kept() {
            return Ok(identity);
        }
        let asked = tokio::time::timeout(PATIENCE, self.provider.provide_credentials()).await;
        let credentials =
            asked.map_err(|_late| CredentialsError::provider_timed_out(PATIENCE))??;
        let until = match credentials.expiry() {
            Some(end) => end - AHEAD,
            None => SystemTime::now() + ENDLESS,
        };
        let identity = Identity::from(credentials);
        let kept = Kept {
            identity: identity.clone(),
            until,
        };
        *self.lock() = Some(kept);
        Ok(identity)
    }

    fn kept(&self) -> Option<Identity> {
        let kept = self.lock();
        let fresh = kept.as_ref().filter(|kept| SystemTime::now() < kept.until);
        fresh.map(|kept| kept.identity.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    };

    use aws_credential_types::{
        Credentials,
        provider::{ProvideCredentials, future},
    };

    use super::{Duration, Ring, SharedCredentialsProvider, SystemTime};

    #[derive(Debug)]
    struct Chain {
        asked: Arc<AtomicU32>,
        lives: Duration,
    }

    impl ProvideCredentials for Chain {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            self.asked.fetch_add(1, Relaxed);
            let end = SystemTime::now() + self.lives;
            let keys = Credentials::new("access", "secret", None, Some(end), "test");
            future::ProvideCredentials::ready(Ok(keys))
        }
    }

    async fn asked_by_three(lives: Duration) -> u32 {
        let asked = Arc::new(AtomicU32::new(0));
        let chain = Chain {
            asked: Arc::clone(&asked),
            lives,
        };
        let ring = Ring::new(SharedCredentialsProvider::new(chain));
        for _ in 0..3 {
            ring.identity().await.unwrap();
        }
        asked.load(Relaxed)
    }

    #[tokio::test]
    async fn keys_are_kept_until_shortly_before_their_end() {
        assert_eq!(asked_by_three(Duration::from_mins(1)).await, 1);
        assert_eq!(asked_by_three(Duration::from_secs(5)).await, 3);
    }
}

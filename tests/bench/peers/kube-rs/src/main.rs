//! A controller of CertificateBindings on kube-rs, as an engineer would write it in a few days: the peer of the
//! benchmarks. It reconciles one binding at a time, and one binding of a listener at a time.

mod cloud;
mod types;

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, Client, ResourceExt,
    api::{Patch, PatchParams},
    runtime::{
        Predicate, WatchStreamExt,
        controller::{Action, Config, Controller},
        finalizer::{Event, finalizer},
        predicates, reflector, watcher,
    },
};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use cloud::{Cloud, Listener};
use types::{CertificateBinding, FINALIZER};

const WORKERS: u16 = 16;
const LOOK_AGAIN: Duration = Duration::from_millis(500);
const NOT_ACTIVE: Duration = Duration::from_secs(15);

#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
struct Failure(anyhow::Error);

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Finalizer(#[from] Box<kube::runtime::finalizer::Error<Failure>>),
    #[error("the binding has no namespace")]
    NoNamespace,
}

struct Context {
    client: Client,
    http: reqwest::Client,
    own: Arc<Cloud>,
    resync: Duration,
    /// Of each Secret the version that was opened.
    of_secrets: Mutex<HashMap<(String, String), (String, Arc<Cloud>)>>,
    /// A read and the change that follows from it are one step for each listener.
    turns: Mutex<HashMap<String, Arc<Mutex<()>>>>,
}

impl Context {
    async fn cloud_of(&self, binding: &CertificateBinding, namespace: &str) -> anyhow::Result<Arc<Cloud>> {
        let Some(credentials) = &binding.spec.cloud_credentials_ref else {
            return Ok(self.own.clone());
        };
        let secret = Api::<Secret>::namespaced(self.client.clone(), namespace).get(&credentials.secret_name).await?;
        let version = secret.resource_version().unwrap_or_default();
        let key = (namespace.to_string(), credentials.secret_name.clone());
        if let Some((opened, cloud)) = self.of_secrets.lock().await.get(&key)
            && *opened == version
        {
            return Ok(cloud.clone());
        }
        let data = secret.data.unwrap_or_default();
        let file = data.get("clouds.yaml").context("the Secret has no clouds.yaml")?;
        let cloud = Arc::new(Cloud::open(std::str::from_utf8(&file.0)?, self.http.clone())?);
        self.of_secrets.lock().await.insert(key, (version, cloud.clone()));
        Ok(cloud)
    }

    async fn turn(&self, listener: &str) -> Arc<Mutex<()>> {
        self.turns.lock().await.entry(listener.to_string()).or_default().clone()
    }
}

/// The change of the listener that the binding needs; None: none. Refs that the binding did not attach stay.
fn difference(found: &Listener, binding: &CertificateBinding, wanted: Option<&str>) -> Option<Value> {
    let mut sni = found.sni_container_refs.clone();
    for attached in binding.status.iter().flat_map(|status| &status.attachments) {
        if Some(attached.container_ref.as_str()) != wanted {
            sni.retain(|name| *name != attached.container_ref);
        }
    }
    let mut change = json!({});
    if let Some(wanted) = wanted {
        if !binding.spec.options.sni && found.default_tls_container_ref.as_deref() != Some(wanted) {
            change["default_tls_container_ref"] = json!(wanted);
        }
        if binding.spec.options.sni && !sni.iter().any(|name| name == wanted) {
            sni.push(wanted.to_string());
        }
    }
    sni.sort();
    let mut before = found.sni_container_refs.clone();
    before.sort();
    if sni != before {
        change["sni_container_refs"] = json!(sni);
    }
    change.as_object().is_some_and(|members| !members.is_empty()).then_some(change)
}

/// True: the listener is as the binding wants it.
async fn bring(context: &Context, cloud: &Cloud, binding: &CertificateBinding, wanted: Option<&str>) -> anyhow::Result<bool> {
    let id = &binding.spec.resource_id;
    let turn = context.turn(id).await;
    let _held = turn.lock().await;
    let found = cloud.listener(id).await?;
    if found.provisioning_status != "ACTIVE" {
        return Ok(false);
    }
    let Some(change) = difference(&found, binding, wanted) else {
        return Ok(true);
    };
    cloud.change(id, change).await?;
    Ok(false)
}

async fn apply(context: &Context, api: &Api<CertificateBinding>, binding: &CertificateBinding) -> anyhow::Result<Action> {
    let cloud = context.cloud_of(binding, &binding.namespace().unwrap_or_default()).await?;
    let certificate = cloud.certificate(&binding.spec.certificate_id).await?;
    if let Some(container) = &certificate
        && !bring(context, &cloud, binding, Some(container)).await?
    {
        return Ok(Action::requeue(LOOK_AGAIN));
    }
    let status = binding.status_for(certificate.as_deref());
    if !binding.says(&status) {
        let patch = json!({"status": status});
        api.patch_status(&binding.name_any(), &PatchParams::default(), &Patch::Merge(&patch)).await?;
    }
    if certificate.is_none() {
        return Ok(Action::requeue(NOT_ACTIVE));
    }
    Ok(Action::requeue(context.resync.mul_f64(rand::random_range(1.0..1.2))))
}

async fn clean_up(context: &Context, binding: &CertificateBinding) -> anyhow::Result<Action> {
    let cloud = context.cloud_of(binding, &binding.namespace().unwrap_or_default()).await?;
    if bring(context, &cloud, binding, None).await? {
        return Ok(Action::await_change());
    }
    // An error keeps the finalizer.
    anyhow::bail!("the listener is busy")
}

async fn reconcile(binding: Arc<CertificateBinding>, context: Arc<Context>) -> Result<Action, Error> {
    let namespace = binding.namespace().ok_or(Error::NoNamespace)?;
    let api = Api::<CertificateBinding>::namespaced(context.client.clone(), &namespace);
    finalizer(&api, FINALIZER, binding, async |event| match event {
        Event::Apply(binding) => apply(&context, &api, &binding).await.map_err(Failure),
        Event::Cleanup(binding) => clean_up(&context, &binding).await.map_err(Failure),
    })
    .await
    .map_err(|error| Error::from(Box::new(error)))
}

fn on_error(binding: Arc<CertificateBinding>, error: &Error, _: Arc<Context>) -> Action {
    tracing::debug!(binding = binding.name_any(), %error, "the reconciliation failed");
    Action::requeue(LOOK_AGAIN)
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.next().and_then(|_| arguments.next())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let clouds_yaml = std::fs::read_to_string(argument("--cloud-config").context("--cloud-config FILE is missing")?)?;
    let seconds = argument("--resync-seconds").as_deref().unwrap_or("600").parse()?;
    let client = Client::try_default().await?;
    let http = reqwest::Client::new();
    let context = Arc::new(Context {
        client: client.clone(),
        own: Arc::new(Cloud::open(&clouds_yaml, http.clone())?),
        http,
        resync: Duration::from_secs(seconds),
        of_secrets: Mutex::default(),
        turns: Mutex::default(),
    });
    let (reader, writer) = reflector::store();
    let stream = watcher(Api::<CertificateBinding>::all(client), watcher::Config::default())
        .default_backoff()
        .modify(|binding| binding.managed_fields_mut().clear())
        .reflect(writer)
        .applied_objects()
        .predicate_filter(predicates::generation.combine(predicates::finalizers), Default::default());
    Controller::for_stream(stream, reader)
        .with_config(Config::default().concurrency(WORKERS))
        .shutdown_on_signal()
        .run(reconcile, on_error, context)
        .map_err(|error| tracing::debug!(%error, "the stream of the controller"))
        .for_each(|_| async {})
        .await;
    Ok(())
}

//! A client of Keystone, Barbican and Octavia.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context, bail};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

#[derive(Deserialize)]
struct CloudsFile {
    clouds: HashMap<String, CloudEntry>,
}

#[derive(Clone, Deserialize)]
struct CloudEntry {
    auth: Login,
    region_name: Option<String>,
}

#[derive(Clone, Deserialize)]
struct Login {
    auth_url: String,
    application_credential_id: String,
    application_credential_secret: String,
}

struct Session {
    token: String,
    key_manager: String,
    load_balancer: String,
}

pub struct Cloud {
    http: reqwest::Client,
    entry: CloudEntry,
    session: Mutex<Option<Arc<Session>>>,
}

#[derive(Clone, Deserialize)]
pub struct Listener {
    pub provisioning_status: String,
    pub default_tls_container_ref: Option<String>,
    pub sni_container_refs: Vec<String>,
}

#[derive(Clone, Copy)]
enum Service {
    KeyManager,
    LoadBalancer,
}

impl Cloud {
    pub fn open(clouds_yaml: &str, http: reqwest::Client) -> anyhow::Result<Self> {
        let file: CloudsFile = serde_yaml::from_str(clouds_yaml)?;
        let entry = file.clouds.into_values().next().context("the clouds.yaml has no cloud")?;
        Ok(Self { http, entry, session: Mutex::new(None) })
    }

    /// The ref of a container; None: it cannot be attached.
    pub async fn certificate(&self, id: &str) -> anyhow::Result<Option<String>> {
        let (status, body) = self.send(Method::GET, Service::KeyManager, &format!("/v1/containers/{id}"), None).await?;
        match status {
            StatusCode::OK if body["status"] == "ACTIVE" => Ok(body["container_ref"].as_str().map(String::from)),
            StatusCode::OK | StatusCode::NOT_FOUND => Ok(None),
            other => bail!("Barbican answered {other} for container {id}"),
        }
    }

    pub async fn listener(&self, id: &str) -> anyhow::Result<Listener> {
        let path = format!("/v2/lbaas/listeners/{id}");
        let (status, mut body) = self.send(Method::GET, Service::LoadBalancer, &path, None).await?;
        if status != StatusCode::OK {
            bail!("Octavia answered {status} for listener {id}");
        }
        Ok(serde_json::from_value(body["listener"].take())?)
    }

    /// False: the load balancer is immutable now.
    pub async fn change(&self, id: &str, change: Value) -> anyhow::Result<bool> {
        let path = format!("/v2/lbaas/listeners/{id}");
        let body = json!({"listener": change});
        match self.send(Method::PUT, Service::LoadBalancer, &path, Some(&body)).await? {
            (StatusCode::OK, _) => Ok(true),
            (StatusCode::CONFLICT, _) => Ok(false),
            (status, body) => bail!("Octavia answered {status} for a change of listener {id}: {body}"),
        }
    }

    async fn send(
        &self, method: Method, service: Service, path: &str, body: Option<&Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        for attempt in 0..2 {
            let session = self.session().await?;
            let base = match service {
                Service::KeyManager => &session.key_manager,
                Service::LoadBalancer => &session.load_balancer,
            };
            let mut request = self.http.request(method.clone(), format!("{base}{path}"));
            request = request.header("X-Auth-Token", &session.token);
            if let Some(body) = body {
                request = request.json(body);
            }
            let answer = request.send().await?;
            let status = answer.status();
            if status == StatusCode::UNAUTHORIZED && attempt == 0 {
                *self.session.lock().await = None;
                continue;
            }
            return Ok((status, answer.json().await.unwrap_or(Value::Null)));
        }
        bail!("the cloud refuses a new token")
    }

    async fn session(&self) -> anyhow::Result<Arc<Session>> {
        let mut held = self.session.lock().await;
        if let Some(session) = held.as_ref() {
            return Ok(session.clone());
        }
        let session = Arc::new(self.login().await?);
        *held = Some(session.clone());
        Ok(session)
    }

    async fn login(&self) -> anyhow::Result<Session> {
        let login = &self.entry.auth;
        let body = json!({"auth": {"identity": {"methods": ["application_credential"], "application_credential": {
            "id": login.application_credential_id, "secret": login.application_credential_secret}}}});
        let answer = self.http.post(format!("{}/auth/tokens", login.auth_url)).json(&body).send().await?;
        let answer = answer.error_for_status()?;
        let token = answer.headers().get("X-Subject-Token").context("Keystone gave no token")?.to_str()?.to_string();
        let catalog: Value = answer.json().await?;
        let url = |kind: &str| -> anyhow::Result<String> {
            catalog["token"]["catalog"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|service| service["type"] == kind)
                .flat_map(|service| service["endpoints"].as_array().into_iter().flatten())
                .find(|endpoint| {
                    endpoint["interface"] == "public"
                        && self.entry.region_name.as_deref().is_none_or(|region| endpoint["region_id"] == region)
                })
                .and_then(|endpoint| endpoint["url"].as_str())
                .map(|url| url.trim_end_matches('/').to_string())
                .with_context(|| format!("the catalog has no {kind}"))
        };
        Ok(Session { token, key_manager: url("key-manager")?, load_balancer: url("load-balancer")? })
    }
}

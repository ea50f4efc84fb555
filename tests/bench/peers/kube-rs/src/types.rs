//! The resource, with the fields that this controller uses.

use k8s_openapi::jiff::Timestamp;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const FINALIZER: &str = "certificates.bycloud.io/detach";

#[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[kube(
    group = "certificates.bycloud.io",
    version = "v1alpha1",
    kind = "CertificateBinding",
    namespaced,
    status = "BindingStatus"
)]
#[serde(rename_all = "camelCase")]
pub struct BindingSpec {
    pub certificate_id: String,
    pub resource_id: String,
    pub region: String,
    #[serde(default)]
    pub options: Options,
    pub cloud_credentials_ref: Option<CredentialsRef>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
pub struct Options {
    #[serde(default)]
    pub sni: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialsRef {
    pub secret_name: String,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BindingStatus {
    #[serde(default)]
    pub observed_generation: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    pub container_ref: String,
    pub slot: String,
    #[serde(default)]
    pub confirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    #[serde(default)]
    pub observed_generation: i64,
    pub last_transition_time: String,
    pub reason: String,
    #[serde(default)]
    pub message: String,
}

impl CertificateBinding {
    /// The status of a binding of this generation that is attached (`Some`) or waits for its certificate (`None`).
    pub fn status_for(&self, attached: Option<&str>) -> BindingStatus {
        let generation = self.metadata.generation.unwrap_or_default();
        let before = self.status.clone().unwrap_or_default();
        let ready = if attached.is_some() { "True" } else { "False" };
        let known = before.conditions.iter().find(|c| c.kind == "Ready" && c.status == ready);
        let condition = Condition {
            kind: "Ready".into(),
            status: ready.into(),
            observed_generation: generation,
            last_transition_time: known
                .map(|c| c.last_transition_time.clone())
                .unwrap_or_else(|| Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            reason: if attached.is_some() { "Attached" } else { "CertificateNotActive" }.into(),
            message: String::new(),
        };
        let slot = if self.spec.options.sni { "sni" } else { "default" };
        let attachments = match attached {
            Some(container) => vec![Attachment { container_ref: container.into(), slot: slot.into(), confirmed: true }],
            None => before.attachments,
        };
        let state = if attached.is_some() { "active" } else { "pending" };
        BindingStatus {
            observed_generation: generation,
            state: Some(state.into()),
            attachments,
            conditions: vec![condition],
        }
    }

    /// Whether the status already says this, so that it need not be written. Other conditions do not matter.
    pub fn says(&self, wanted: &BindingStatus) -> bool {
        self.status.as_ref().is_some_and(|now| {
            now.observed_generation == wanted.observed_generation
                && now.attachments == wanted.attachments
                && now.conditions.iter().any(|c| c.kind == "Ready" && *c == wanted.conditions[0])
        })
    }
}

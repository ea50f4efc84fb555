#pragma once

#include "binding/resource/decode.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

// A CertificateBinding as the API server sends it, in JSON.
namespace test {

using json = nlohmann::json;

inline support::result<binding::certificate_binding> decode(std::string text)
{
    text.reserve(text.size() + 64);  // simdjson may read so far beyond the end
    return binding::decode(text);
}

inline support::result<binding::certificate_binding> decode(const json& object)
{
    return decode(object.dump());
}

inline json some_object()
{
    return json::parse(R"({
        "apiVersion": "certificates.bycloud.io/v1alpha1",
        "kind": "CertificateBinding",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "00000000-0000-4000-8000-000000000001",
            "resourceVersion": "1234",
            "generation": 3,
            "creationTimestamp": "2026-11-24T00:00:00Z",
            "finalizers": ["other.example/keep", "certificates.bycloud.io/detach"],
            "annotations": {"certificates.bycloud.io/reconcile-requested-at": "noon", "more": "x"}
        },
        "spec": {
            "certificateId": "aaaaaaaa-0000-4000-8000-000000000000",
            "resourceType": "octavia:listener",
            "resourceId": "11111111-0000-4000-8000-000000000001",
            "region": "sao1",
            "options": {"sni": true},
            "deletionPolicy": "Retain"
        },
        "status": {
            "state": "active",
            "errorMessage": "",
            "id": "00000000-0000-4000-8000-000000000001",
            "crn": "crn:sao1:certificate:binding:00000000-0000-4000-8000-000000000001",
            "createdAt": "2026-11-24T00:00:00Z",
            "updatedAt": "2026-11-24T00:01:00Z",
            "lastHandledReconcileAt": "morning",
            "observedGeneration": 3,
            "certificate": {
                "id": "aaaaaaaa-0000-4000-8000-000000000000",
                "status": "ACTIVE",
                "expiresAt": "2027-01-01T00:00:00Z"
            },
            "cloud": {
                "identity": "http://keystone/v3",
                "projectId": "project",
                "region": "sao1",
                "loadBalancerEndpoint": "http://octavia/v2",
                "credentialSource": "Controller"
            },
            "attachments": [
                {"containerRef": "http://kms/v1/containers/aaaaaaaa-0000-4000-8000-000000000000", "slot": "sni", "confirmed": true},
                {"containerRef": "http://kms/v1/containers/bbbbbbbb-0000-4000-8000-000000000000", "slot": "default"}
            ],
            "replacedDefaultRef": "http://kms/v1/containers/ffffffff-0000-4000-8000-000000000000",
            "conditions": [
                {
                    "type": "Ready", "status": "True", "observedGeneration": 3,
                    "lastTransitionTime": "2026-11-24T00:01:00Z", "reason": "Attached", "message": ""
                }
            ]
        }
    })");
}

inline binding::certificate_binding decoded(const json& object)
{
    auto result = decode(object);
    if (!result)
    {
        ADD_FAILURE() << result.error().message;
        return {};
    }
    return std::move(*result);
}

}  // namespace test

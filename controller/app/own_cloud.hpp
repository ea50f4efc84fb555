#pragma once

#include "app/options.hpp"
#include "binding/credentials/credentials.hpp"
#include "cloud/openstack/allowed_urls.hpp"
#include "cloud/openstack/clouds_yaml.hpp"
#include "support/error.hpp"

namespace app {

// The URLs that the credentials in Secrets may name: the flag, or those of the controller's own cloud.
support::result<cloud::openstack::allowed_urls> allowed_urls_of(
    const options& options, const cloud::openstack::cloud_entry& own
);

// The namespaces whose bindings may use the credential of the own cloud.
binding::admission admission_of(const options& options);

// Says what follows from --allow-controller-credentials where that is seldom wanted.
void warn_of_admission(const options& options);

}  // namespace app

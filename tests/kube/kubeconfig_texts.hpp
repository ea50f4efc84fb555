#pragma once

#include "kube/kubeconfig.hpp"

#include <string>

namespace test {

// A kubeconfig as kubectl writes it, with "CA", "CERT" and "KEY" in base64.
inline const std::string complete_kubeconfig = R"(
apiVersion: v1
kind: Config
current-context: prod
contexts:
- name: prod
  context: {cluster: prod, user: admin, namespace: shop}
- name: lab
  context: {cluster: lab, user: robot}
- name: nobody
  context: {cluster: lab}
clusters:
- name: prod
  cluster:
    server: https://10.0.0.1:6443
    certificate-authority-data: Q0E=
- name: lab
  cluster:
    server: https://lab.example.com/k8s/clusters/c-1/
    certificate-authority: pki/ca.crt
    tls-server-name: kubernetes
    insecure-skip-tls-verify: false
users:
- name: admin
  user:
    client-certificate-data: Q0VSVA==
    client-key-data: S0VZ
- name: robot
  user: {token: canary-token}
preferences: {}
)";

inline support::result<kube::config> read_kubeconfig(
    const std::string& content, const std::string& context = ""
)
{
    return kube::read_kubeconfig({{"/home/user/.kube/config", content}}, context);
}

// A kubeconfig with this cluster and this user.
inline support::result<kube::config> read_parts(const std::string& cluster, const std::string& user)
{
    return read_kubeconfig(
        "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\nclusters: [{name: c, "
        "cluster: {" +
        cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n"
    );
}

}  // namespace test

#pragma once

#include <string>
#include <vector>

// Kubeconfigs as people write them, each with what comes of it here and in kubectl.
//
// In the texts $SERVER is the URL of the recording server (https), $HOST its host and port, $CA_DATA and the
// files ca.crt, me.crt, me.key are its CA and a client certificate, $CERT_DATA and $KEY_DATA the latter in
// base64, $DIR the folder of the case, which is the current folder and the home folder too. A file whose name
// ends in .sh is a program.
namespace kubeconfigs {

struct corpus_file
{
    std::string name;  // in the folder of the case
    std::string text;
};

enum class verdict
{
    same,             // the same request with the same credentials
    both_refuse,      // no request arrives from either
    we_refuse,        // kubectl sends a request
    kubectl_refuses,  // we send a request
    differs,          // both send requests, with different credentials
};

struct corpus_case
{
    std::string name;
    std::vector<corpus_file> files;
    kubeconfigs::verdict verdict = verdict::same;
    // Part of our refusal or of a notice; empty: there must be no notice.
    std::string says = {};
    std::string variable = {};  // KUBECONFIG; empty: the file "config" of the case
    std::string flag = {};      // --kubeconfig
    std::string context = {};   // --context
};

// All cases; the names are unique.
const std::vector<corpus_case>& corpus();

std::vector<corpus_case> cases_of_files();
std::vector<corpus_case> cases_of_clusters();
std::vector<corpus_case> cases_of_users();
std::vector<corpus_case> cases_of_plugins();
std::vector<corpus_case> cases_of_odd_machines();

// A kubeconfig with one context, its cluster and its user, as flow maps without braces.
std::string kubeconfig(const std::string& cluster, const std::string& user);
// The case of one file "config".
corpus_case one(std::string name, std::string text, verdict verdict = verdict::same, std::string says = {});

inline const std::string trusted = R"(server: "$SERVER", certificate-authority-data: $CA_DATA)";

}  // namespace kubeconfigs

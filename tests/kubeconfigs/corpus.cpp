#include "kubeconfigs/corpus.hpp"

#include <utility>

namespace kubeconfigs {

std::string kubeconfig(const std::string& cluster, const std::string& user)
{
    return "current-context: c\n"
           "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
           "clusters: [{name: k, cluster: {" +
           cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n";
}

corpus_case one(std::string name, std::string text, verdict verdict, std::string says)
{
    return {std::move(name), {{"config", std::move(text)}}, verdict, std::move(says)};
}

const std::vector<corpus_case>& corpus()
{
    static const auto all = [] {
        std::vector<corpus_case> cases;
        for (auto part :
             {cases_of_files(),
              cases_of_clusters(),
              cases_of_users(),
              cases_of_plugins(),
              cases_of_odd_machines()})
        {
            cases.insert(cases.end(), part.begin(), part.end());
        }
        return cases;
    }();
    return all;
}

}  // namespace kubeconfigs

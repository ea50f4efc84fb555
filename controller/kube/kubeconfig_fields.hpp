#pragma once

#include "kube/config.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

// The fields of a kubeconfig's sections, in the types of client-go.
namespace kube {

// Reads the fields of one section. The first field of a wrong type becomes the problem; after it every field
// is empty. A field that was never asked for has no effect, and is told by unread().
class fields
{
public:
    // `place` is for messages: "cluster". The map must outlive this object; null counts as empty.
    fields(const nlohmann::json& map, std::string place);

    std::string text(const std::string& key);
    bool flag(const std::string& key);
    std::vector<std::string> texts(const std::string& key);
    // Null if the field is missing.
    const nlohmann::json* map(const std::string& key);
    const nlohmann::json* list(const std::string& key);
    // The field is known and its value does not matter.
    void ignore(const std::string& key) { read_.insert(key); }

    void refuse(std::string problem);
    const std::optional<std::string>& problem() const { return problem_; }
    std::vector<std::string> unread() const;

private:
    const nlohmann::json* find(const std::string& key);
    void refuse_type(const std::string& key, const nlohmann::json& value, const std::string& wanted);

    const nlohmann::json& map_;
    std::string place_;
    std::set<std::string> read_;
    std::optional<std::string> problem_;
};

// A cluster or a user of a kubeconfig.
struct kubeconfig_section
{
    std::string name;
    std::string path;  // of the file that holds it; relative paths start there
    const nlohmann::json* value = nullptr;
};

// The path of a file that a section of the file `path` names.
std::string from_folder_of(const std::string& path, const std::string& file);

// Reads "<key>-data", which is base64, or <key>, which is a path. Both at once are refused, as by kubectl.
text_or_file data_or_file(fields& section, const std::string& key, const std::string& path);

// What is wrong with the configuration, beginning with its source.
std::unexpected<support::error> invalid(const config& of, const std::string& problem);

// Both fill `into`, whose source leads the messages. The cluster is read first.
support::result<> read_cluster(const kubeconfig_section& cluster, config& into);
support::result<> read_user(const kubeconfig_section& user, const kubeconfig_section& cluster, config& into);

// "the unknown key x of the user has no effect"
void notice_unread(const fields& read, const std::string& place, config& into);

}  // namespace kube

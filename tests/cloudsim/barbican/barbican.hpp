#pragma once

#include "cloudsim/barbican/release.hpp"
#include "cloudsim/barbican/secret_store.hpp"

#include <expected>
#include <string>
#include <vector>

// Barbican v1: secrets, their payloads, containers, access lists.
namespace cloudsim {

// An id as Barbican takes one: a UUID of version 4 in lower case (validate_id_is_uuid of
// barbican/common/utils.py).
bool is_id(std::string_view text);

class barbican
{
public:
    barbican(environment& env, keystone& tokens, std::string url)
        : env_(env), tokens_(tokens), url_(std::move(url)), store_(env)
    {}

    handling handle(const request& asked);

    secret_store& store() { return store_; }
    std::string ref_of(const secret& object) const { return url_ + "/v1/secrets/" + object.id; }
    std::string ref_of(const container& object) const { return url_ + "/v1/containers/" + object.id; }

private:
    // A request with its sender and its path.
    struct call
    {
        const request& asked;
        target url;
        identity who;
    };

    reply answer(const request& asked, const identity& who);
    header_list headers();
    reply ok(int status, const json& body);
    reply created(const char* member, const std::string& ref);
    reply no_content() { return {.status = 204, .headers = headers()}; }
    reply error(int status, const json& description);
    barbican_words words() const { return words_of(env_.config.barbican_release); }
    reply not_allowed(const call& c);
    reply forbidden(const std::string& operation);

    reply list_secrets(const call& c);
    reply list_containers(const call& c);
    // The page of a list that the query asks for. `kind`: secrets or containers.
    template <class T>
    reply page_of(const call& c, const std::string& kind, const std::vector<const T*>& items);

    reply one_secret(const call& c);
    reply payload(const call& c, const secret& object, const std::string& operation);
    reply add_secret(const call& c);
    reply put_payload(const call& c, secret& object);
    reply one_container(const call& c);
    reply add_container(const call& c);
    template <class T>
    reply access(const call& c, const T& object, const std::string& name);

    json to_json(const secret& object) const;
    json to_json(const container& object) const;

    environment& env_;
    keystone& tokens_;
    std::string url_;  // without the version
    secret_store store_;
    token_cache seen_;
};

}  // namespace cloudsim

#include "cloudsim/http/remote_control.hpp"

#include "cloudsim/control/json.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace cloudsim {

namespace {

std::string id_of(const json& answer)
{
    return answer.at("id").get<std::string>();
}

}  // namespace

json remote_control::call(const std::string& method, const std::string& path, const json& body) const
{
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), port_});
    http::request<http::string_body> sent(http::string_to_verb(method), "/control/" + path, 11);
    sent.set(http::field::host, "127.0.0.1:" + std::to_string(port_));
    sent.keep_alive(false);
    sent.body() = body.is_null() ? "" : body.dump();
    sent.prepare_payload();
    http::write(socket, sent);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> answer;
    answer.body_limit(boost::none);
    http::read(socket, buffer, answer);
    const auto& text = answer.get().body();
    if (answer.get().result() != http::status::ok)
    {
        throw control_error(method + " /control/" + path + ": " + text);
    }
    return json::parse(text);
}

std::string remote_control::add_project(const std::string& name) const
{
    return id_of(call("POST", "projects", {{"name", name}}));
}

std::string remote_control::add_user(const std::string& name, const std::string& project) const
{
    return id_of(call("POST", "users", control::user_order{.name = name, .project = project}));
}

control::credential remote_control::add_application_credential(
    const std::string& user, const std::string& project
) const
{
    return call(
               "POST", "application-credentials", control::credential_order{.user = user, .project = project}
    )
        .get<control::credential>();
}

void remote_control::remove_application_credential(const std::string& id) const
{
    call("DELETE", "application-credentials/" + id);
}

void remote_control::revoke_tokens(const std::string& user) const
{
    call("POST", "tokens/revoke", {{"user", user}});
}

std::string remote_control::add_load_balancer(const control::load_balancer_order& wanted) const
{
    return id_of(call("POST", "load-balancers", wanted));
}

std::string remote_control::add_listener(const control::listener_order& wanted) const
{
    return id_of(call("POST", "listeners", wanted));
}

control::certificate remote_control::add_certificate(const control::certificate_order& wanted) const
{
    return call("POST", "certificates", wanted).get<control::certificate>();
}

void remote_control::complete_certificate(const std::string& id) const
{
    call("POST", "certificates/" + id + "/complete");
}

void remote_control::remove_certificate(const std::string& id) const
{
    call("DELETE", "certificates/" + id);
}

void remote_control::remove_listener(const std::string& id) const
{
    call("DELETE", "listeners/" + id);
}

control::listener_state remote_control::get_listener(const std::string& id) const
{
    const auto shown = call("GET", "listeners/" + id)["listener"];
    return {
        .status = shown["provisioning_status"].get<std::string>(),
        .default_ref = shown["default_tls_container_ref"].get<std::optional<std::string>>(),
        .sni_refs = shown["sni_container_refs"].get<std::set<std::string>>()
    };
}

std::string remote_control::load_balancer_status(const std::string& id) const
{
    return call("GET", "load-balancers/" + id)["loadbalancer"]["provisioning_status"].get<std::string>();
}

control::tls_answer remote_control::tls(const std::string& listener, const std::string& server_name) const
{
    return call(
               "GET", "listeners/" + listener + "/tls", {{"server_name", server_name}}
    ).get<control::tls_answer>();
}

void remote_control::hold(const control::match& which) const
{
    call("POST", "rules", rule{which, "hold"});
}

void remote_control::drop(const control::match& which) const
{
    call("POST", "rules", rule{which, "drop"});
}

void remote_control::cut(const control::match& which, std::size_t bytes) const
{
    call("POST", "rules", rule{which, "cut", {}, bytes});
}

void remote_control::remove_rules() const
{
    call("DELETE", "rules");
}

std::vector<logged_request> remote_control::held() const
{
    return call("GET", "held").get<std::vector<logged_request>>();
}

std::size_t remote_control::release() const
{
    return call("POST", "held/release")["released"].get<std::size_t>();
}

void remote_control::set(const json& settings) const
{
    call("PATCH", "settings", settings);
}

std::vector<logged_request> remote_control::log(const control::match& which) const
{
    return call("GET", "log", which).get<std::vector<logged_request>>();
}

std::size_t remote_control::puts() const
{
    return log({.service = "load-balancer", .method = "PUT", .path = "/listeners/"}).size();
}

}  // namespace cloudsim

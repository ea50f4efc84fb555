#include "cloudsim/http/remote_control.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace cloudsim {

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

}  // namespace cloudsim

#include "e2e/cluster_api.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace e2e {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = asio::ssl;
using asio::ip::tcp;

static ssl::context admin(const std::filesystem::path& keys)
{
    ssl::context tls(ssl::context::tls_client);
    tls.use_certificate_file((keys / "admin.crt").string(), ssl::context::pem);
    tls.use_private_key_file((keys / "admin.key").string(), ssl::context::pem);
    return tls;
}

struct cluster_api::connection
{
    connection(int port, const std::filesystem::path& keys) : tls(admin(keys)), stream(context, tls)
    {
        stream.next_layer().connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
        stream.next_layer().set_option(tcp::no_delay(true));
        stream.handshake(ssl::stream_base::client);
    }

    asio::io_context context;
    ssl::context tls;
    ssl::stream<tcp::socket> stream;
    boost::beast::flat_buffer buffer;
};

cluster_api::cluster_api(int port, const std::filesystem::path& keys)
    : connection_(std::make_unique<connection>(port, keys))
{}

cluster_api::~cluster_api() = default;

cluster_api::answer cluster_api::ask(
    const std::string& method, const std::string& path, const nlohmann::json& body
)
{
    constexpr int http_1_1 = 11;
    http::request<http::string_body> request(http::string_to_verb(method), path, http_1_1);
    request.set(http::field::host, "127.0.0.1");
    request.set(
        http::field::content_type, method == "PATCH" ? "application/merge-patch+json" : "application/json"
    );
    request.body() = body.is_null() ? "" : body.dump();
    request.prepare_payload();
    http::write(connection_->stream, request);
    http::response<http::string_body> response;
    http::read(connection_->stream, connection_->buffer, response);
    return {static_cast<int>(response.result_int()), nlohmann::json::parse(response.body(), nullptr, false)};
}

}  // namespace e2e

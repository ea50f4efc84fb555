#include "kubeconfigs/recording_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <sys/socket.h>
#include <thread>
#include <utility>

namespace kubeconfigs {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto answer =
    R"({"major":"1","minor":"37","gitVersion":"v1.37.0","kind":"Thing","metadata":{"name":"x"}})";

std::string lower(std::string text)
{
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    return text;
}

std::string common_name(SSL* ssl)
{
    X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr)
    {
        return {};
    }
    std::array<char, 256> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
    return name.data();
}

}  // namespace

struct recording_server::state
{
    explicit state(const test::certificate& certificate)
        : tls(asio::ssl::context::tls_server),
          acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0))
    {
        tls.use_certificate_chain(asio::buffer(certificate.pem));
        tls.use_private_key(asio::buffer(certificate.key_pem), asio::ssl::context::pem);
        tls.set_verify_mode(asio::ssl::verify_peer);
        tls.set_verify_callback([](bool, asio::ssl::verify_context&) { return true; });
        SSL_CTX_set_session_cache_mode(tls.native_handle(), SSL_SESS_CACHE_OFF);
        thread = std::thread([this] { serve(); });
    }

    ~state()
    {
        stopping = true;
        error_code ignored;
        tcp::socket(context).connect(acceptor.local_endpoint(), ignored);
        thread.join();
    }

    void serve()
    {
        while (!stopping)
        {
            error_code failed;
            tcp::socket socket(context);
            acceptor.accept(socket, failed);
            char first = 0;
            if (!failed && !stopping && ::recv(socket.native_handle(), &first, 1, MSG_PEEK) == 1)
            {
                first == 0x16 ? serve_tls(std::move(socket)) : serve_plain(std::move(socket));
            }
        }
    }

    void serve_plain(tcp::socket socket) { exchange(socket, {}); }

    void serve_tls(tcp::socket socket)
    {
        error_code failed;
        asio::ssl::stream<tcp::socket> stream(std::move(socket), tls);
        stream.handshake(asio::ssl::stream_base::server, failed);
        if (failed)
        {
            return;
        }
        seen_request seen{
            .tls = true,
            .server_name = {},
            .target = {},
            .authorization = {},
            .certificate = {},
            .impersonation = {}
        };
        const char* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
        seen.server_name = name == nullptr ? "" : name;
        seen.certificate = common_name(stream.native_handle());
        exchange(stream, std::move(seen));
        stream.shutdown(failed);
    }

    template <class Stream>
    void exchange(Stream& stream, seen_request seen)
    {
        error_code failed;
        boost::beast::flat_buffer buffer;
        http::request<http::string_body> request;
        http::read(stream, buffer, request, failed);
        if (failed)
        {
            return;
        }
        seen.target = std::string(request.target());
        for (const auto& field : request)
        {
            const std::string key = lower(std::string(field.name_string()));
            if (key == "authorization")
            {
                seen.authorization = std::string(field.value());
            }
            if (key.starts_with("impersonate-"))
            {
                seen.impersonation.push_back(key + ": " + std::string(field.value()));
            }
        }
        std::ranges::sort(seen.impersonation);
        {
            const std::scoped_lock lock(mutex);
            requests.push_back(std::move(seen));
        }
        http::response<http::string_body> response(http::status::ok, 11);
        response.set(http::field::content_type, "application/json");
        response.keep_alive(false);
        response.body() = answer;
        response.prepare_payload();
        http::write(stream, response, failed);
    }

    asio::io_context context;
    asio::ssl::context tls;
    tcp::acceptor acceptor;
    std::atomic<bool> stopping = false;
    std::mutex mutex;
    std::vector<seen_request> requests;
    std::thread thread;
};

recording_server::recording_server(const test::certificate& certificate)
    : state_(std::make_unique<state>(certificate))
{}

recording_server::~recording_server() = default;

std::uint16_t recording_server::port() const
{
    return state_->acceptor.local_endpoint().port();
}

std::vector<seen_request> recording_server::take()
{
    const std::scoped_lock lock(state_->mutex);
    return std::exchange(state_->requests, {});
}

}  // namespace kubeconfigs

#include "net/transport/tls_stream.hpp"

#include "net/certificates/openssl.hpp"
#include "net/transport/stream_layer.hpp"
#include "net/transport/tcp_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

namespace net {

class tls_context
{
public:
    ssl::context context{ssl::context::tls_client};
};

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

support::error invalid(std::string message)
{
    return {support::errc::invalid, std::move(message), 0, std::nullopt};
}

support::result<> trust(SSL_CTX* context, const tls_settings& settings)
{
    if (settings.ca_pem.empty() || settings.system_too)
    {
        SSL_CTX_set_default_verify_paths(context);
    }
    if (settings.ca_pem.empty())
    {
        return {};
    }
    const auto certificates = read_certificates(settings.ca_pem);
    if (!certificates)
    {
        return support::fail("the CA certificates", certificates.error());
    }
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (const auto& certificate : *certificates)
    {
        X509_STORE_add_cert(store, certificate.get());
    }
    // A configured certificate is trusted by itself, even if it is an intermediate CA, as in kubectl and
    // curl.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

support::result<> use_client_certificate(SSL_CTX* context, const tls_settings& settings)
{
    if (settings.client_certificate_pem.empty() && settings.client_key_pem.empty())
    {
        return {};
    }
    const auto chain = read_certificates(settings.client_certificate_pem);
    if (!chain)
    {
        return support::fail("the client certificate", chain.error());
    }
    const auto key = read_private_key(settings.client_key_pem.reveal());
    if (!key)
    {
        return support::fail("the client key", key.error());
    }
    ERR_clear_error();
    if (SSL_CTX_use_certificate(context, chain->front().get()) != 1)
    {
        return std::unexpected(invalid("the client certificate: " + last_openssl_error()));
    }
    for (std::size_t i = 1; i < chain->size(); ++i)
    {
        SSL_CTX_add1_chain_cert(context, (*chain)[i].get());
    }
    if (SSL_CTX_use_PrivateKey(context, key->get()) != 1)
    {
        return std::unexpected(
            invalid("the client key does not belong to the client certificate: " + last_openssl_error())
        );
    }
    return {};
}

// Where a connection notes that the certificate which it refused has no subjectAltName.
int without_names()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

// OpenSSL forgets a certificate that it does not accept, so the note is made while it is verified.
int note_missing_names(int accepted, X509_STORE_CTX* verified)
{
    const X509* certificate = X509_STORE_CTX_get_current_cert(verified);
    void* connection = X509_STORE_CTX_get_ex_data(verified, SSL_get_ex_data_X509_STORE_CTX_idx());
    if (accepted == 0 && certificate != nullptr && connection != nullptr &&
        X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) < 0)
    {
        SSL_set_ex_data(static_cast<SSL*>(connection), without_names(), connection);
    }
    return accepted;
}

// Says why the verification failed and what to do.
std::string verify_message(SSL* connection, long code, const std::string& name)
{
    const std::string reason = X509_verify_cert_error_string(code);
    switch (code)
    {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the server's certificate is not for " + name +
                   (SSL_get_ex_data(connection, without_names()) == nullptr
                        ? ""
                        : ", because it has no subjectAltName; the common name is not looked at");
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return "the server's certificate is not trusted (" + reason +
                   "); configure the CA that signed it";
        default:
            return "the server's certificate is not accepted: " + reason;
    }
}

// `reason` says `ec` in words where it is not an error of TLS.
std::string handshake_message(
    SSL* connection, const boost::system::error_code& ec, const std::string& reason, const std::string& name
)
{
    if (const long verified = SSL_get_verify_result(connection); verified != X509_V_OK)
    {
        return verify_message(connection, verified, name);
    }
    if (ec == ssl::error::stream_truncated || ec == asio::error::eof)
    {
        return "the server closed the connection during the TLS handshake";
    }
    if (ec.category() != asio::error::get_ssl_category())
    {
        return "TLS handshake: " + reason;
    }
    const auto code = static_cast<unsigned long>(ec.value());
    switch (ERR_GET_REASON(code))
    {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_PACKET_LENGTH_TOO_LONG:
        case SSL_R_HTTP_REQUEST:
            return "the server does not speak TLS on this port; is it http?";
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return "the server offers no TLS 1.2 or newer";
        default:
            break;
    }
    const char* failure = ERR_reason_error_string(code);
    return "TLS handshake: " + std::string(failure == nullptr ? "failed" : failure);
}

std::string io_message(const boost::system::error_code& ec, const std::string& reason)
{
    if (ec == ssl::error::stream_truncated)
    {
        return "the connection was cut";
    }
    if (ec.category() == asio::error::get_ssl_category())
    {
        const char* failure = ERR_reason_error_string(static_cast<unsigned long>(ec.value()));
        return "TLS: " + std::string(failure == nullptr ? "failed" : failure);
    }
    return reason;
}

std::string reason_of(const boost::system::error_code& ec, const tcp::socket&)
{
    return ec.message();
}

std::string reason_of(const boost::system::error_code& ec, const stream_layer& layer)
{
    return layer.failure().empty() ? ec.message() : layer.failure();
}

// TLS over a `Layer`, which is a socket or the stream of a tunnel.
template <class Layer>
class tls_stream final : public byte_stream
{
public:
    tls_stream(Layer layer, std::shared_ptr<tls_context> context)
        : context_(std::move(context)), stream_(std::move(layer), context_->context)
    {}

    support::task<support::result<>> handshake(std::string name, support::wall_time now)
    {
        SSL* connection = stream_.native_handle();
        X509_VERIFY_PARAM* verify = SSL_get0_param(connection);
        X509_VERIFY_PARAM_set_time(verify, now.time_since_epoch().count());
        X509_VERIFY_PARAM_set_hostflags(
            verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT
        );
        if (X509_VERIFY_PARAM_set1_ip_asc(verify, name.c_str()) != 1)
        {
            ERR_clear_error();
            if (name.ends_with('.'))
            {
                // RFC 6066 section 3: a name in SNI has no trailing dot.
                name.pop_back();
            }
            X509_VERIFY_PARAM_set1_host(verify, name.c_str(), name.size());
            SSL_set_tlsext_host_name(connection, name.c_str());
        }
        const auto [ec] = co_await stream_.async_handshake(ssl::stream_base::client, use_tuple);
        if (ec == asio::error::operation_aborted)
        {
            throw boost::system::system_error(ec);
        }
        if (ec)
        {
            const bool distrusted = SSL_get_verify_result(connection) != X509_V_OK;
            co_return std::unexpected(support::error{
                support::errc::unreachable,
                handshake_message(connection, ec, reason(ec), name),
                0,
                std::nullopt,
                distrusted
            });
        }
        co_return support::result<>();
    }

    support::task<support::result<std::size_t>> read_some(std::span<char> space) override
    {
        const auto [ec, size] = co_await stream_.async_read_some(asio::buffer(space), use_tuple);
        if (ec == asio::error::operation_aborted)
        {
            throw boost::system::system_error(ec);
        }
        if (ec && ec != asio::error::eof)
        {
            co_return support::fail(support::errc::interrupted, io_message(ec, reason(ec)));
        }
        co_return size;
    }

    // Every failure is interrupted, because the kernel may have taken part of a record.
    support::task<support::result<>> write(std::string_view data) override
    {
        const auto [ec, size] = co_await asio::async_write(stream_, asio::buffer(data), use_tuple);
        if (ec == asio::error::operation_aborted)
        {
            throw boost::system::system_error(ec);
        }
        if (ec)
        {
            co_return support::fail(support::errc::interrupted, io_message(ec, reason(ec)));
        }
        co_return support::result<>();
    }

    bool quiet() override
    {
        SSL* connection = stream_.native_handle();
        return SSL_has_pending(connection) == 0 && BIO_pending(SSL_get_rbio(connection)) == 0 &&
               net::quiet(stream_.next_layer());
    }

private:
    std::string reason(const boost::system::error_code& ec) { return reason_of(ec, stream_.next_layer()); }

    std::shared_ptr<tls_context> context_;
    ssl::stream<Layer> stream_;
};

template <class Layer>
support::task<support::result<std::unique_ptr<byte_stream>>> start_over(
    Layer layer, std::shared_ptr<tls_context> context, std::string name, support::wall_time now
)
{
    auto stream = std::make_unique<tls_stream<Layer>>(std::move(layer), std::move(context));
    auto verified = co_await stream->handshake(std::move(name), now);
    if (!verified)
    {
        co_return std::unexpected(std::move(verified.error()));
    }
    co_return std::unique_ptr<byte_stream>(std::move(stream));
}

}  // namespace

support::result<std::shared_ptr<tls_context>> create_tls_context(const tls_settings& settings)
{
    auto created = std::make_shared<tls_context>();
    SSL_CTX* context = created->context.native_handle();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_missing_names);
    constexpr unsigned char protocols[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context, protocols, sizeof(protocols) - 1);
    if (auto trusted = trust(context, settings); !trusted)
    {
        return std::unexpected(std::move(trusted.error()));
    }
    if (auto identified = use_client_certificate(context, settings); !identified)
    {
        return std::unexpected(std::move(identified.error()));
    }
    return created;
}

support::task<support::result<std::unique_ptr<byte_stream>>> start_tls(
    tcp::socket socket, std::shared_ptr<tls_context> context, std::string name, support::wall_time now
)
{
    return start_over(std::move(socket), std::move(context), std::move(name), now);
}

support::task<support::result<std::unique_ptr<byte_stream>>> start_tls(
    asio::any_io_executor executor,
    std::unique_ptr<byte_stream> over,
    std::shared_ptr<tls_context> context,
    std::string name,
    support::wall_time now
)
{
    return start_over(
        stream_layer(std::move(executor), std::move(over)), std::move(context), std::move(name), now
    );
}

}  // namespace net

#include "net/transport/server_tls.hpp"

#include "net/certificates/openssl.hpp"
#include "net/transport/accepted_socket.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

using boost::asio::ip::tcp;

namespace net {
namespace {

struct ssl_free
{
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
    void operator()(SSL* p) const { SSL_free(p); }
    void operator()(BIO_METHOD* p) const { BIO_meth_free(p); }
};

std::unexpected<support::error> invalid(std::string message)
{
    return support::fail(support::errc::invalid, std::move(message));
}

std::unexpected<support::error> interrupted(std::string message)
{
    return support::fail(support::errc::interrupted, std::move(message));
}

// RFC 7301: a client that offers other protocols alone is refused.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned int length, void*)
{
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* selected = nullptr;
    const int agreed = SSL_select_next_proto(&selected, size, ours, sizeof(ours) - 1, offered, length);
    *chosen = selected;
    return agreed == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_options_of(SSL_CTX* context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // For TLS 1.2: forward secrecy and authenticated encryption alone (RFC 9325 section 4.2).
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(
        context,
        SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
    );
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

class server_tls_context
{
public:
    std::unique_ptr<SSL_CTX, ssl_free> context{SSL_CTX_new(TLS_server_method())};
};

namespace {

// TLS directly over the socket. Asio's TLS, which the client uses, keeps 60 KiB of buffers for a connection.
class tls_socket final : public accepted_socket
{
public:
    tls_socket(tcp::socket socket, std::shared_ptr<server_tls_context> context)
        : accepted_socket(std::move(socket)), context_(std::move(context))
    {}

    support::task<support::result<>> handshake() override
    {
        const auto first = co_await first_byte();
        if (!first)
        {
            co_return std::unexpected(first.error());
        }
        if (*first >= 'A' && *first <= 'Z')
        {
            plain_ = true;
            co_return interrupted("this port speaks https, not http");
        }
        begin();
        const auto [more, failure] = co_await drive([this] { return SSL_accept(ssl_.get()); });
        co_return more > 0 ? support::result<>() : interrupted(failure);
    }

    bool speaks_plainly() const override { return plain_; }

    support::task<bool> wait_readable() override
    {
        if (ssl_ && SSL_pending(ssl_.get()) > 0)
        {
            co_return true;
        }
        co_return co_await wait(read_wants_write_ ? wait_type::wait_write : wait_type::wait_read);
    }

    support::result<std::optional<std::size_t>> read(std::span<char> space) override
    {
        if (!ssl_)
        {
            return accepted_socket::read(space);
        }
        ERR_clear_error();
        errno = 0;
        std::size_t size = 0;
        const int outcome = SSL_read_ex(ssl_.get(), space.data(), space.size(), &size);
        read_wants_write_ = false;
        if (outcome == 1)
        {
            return std::optional(size);
        }
        switch (SSL_get_error(ssl_.get(), outcome))
        {
            case SSL_ERROR_WANT_WRITE:
                read_wants_write_ = true;
                return std::optional<std::size_t>();
            case SSL_ERROR_WANT_READ:
                return std::optional<std::size_t>();
            case SSL_ERROR_ZERO_RETURN:
                return std::optional<std::size_t>(0);
            default:
                break;
        }
        broken_ = true;
        // A connection that ends without a word of TLS: HTTP knows by itself whether a request is complete.
        if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        {
            return std::optional<std::size_t>(0);
        }
        return interrupted(last_openssl_error());
    }

    support::task<support::result<>> write(std::string_view data) override
    {
        if (!ssl_)
        {
            co_return co_await accepted_socket::write(data);
        }
        while (!data.empty())
        {
            std::size_t size = 0;
            const auto [more, failure] =
                co_await drive([&] { return SSL_write_ex(ssl_.get(), data.data(), data.size(), &size); });
            if (more <= 0)
            {
                co_return interrupted(failure);
            }
            data.remove_prefix(size);
        }
        co_return support::result<>();
    }

    bool write_now(std::string_view data) override { return !ssl_ && accepted_socket::write_now(data); }

    void end() override
    {
        if (ssl_ && !broken_)
        {
            ERR_clear_error();
            SSL_shutdown(ssl_.get());
        }
        accepted_socket::end();
    }

private:
    struct outcome
    {
        int returned = 0;  // by OpenSSL; more than 0: done
        std::string failure = {};
    };

    // Waits for the first byte of the peer, and leaves it there.
    support::task<support::result<char>> first_byte()
    {
        while (co_await wait(wait_type::wait_read))
        {
            char first = 0;
            const auto size = ::recv(descriptor(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
            if (size > 0)
            {
                co_return first;
            }
            if (size == 0 || (errno != EAGAIN && errno != EINTR))
            {
                co_return interrupted("the peer closed the connection");
            }
        }
        co_return interrupted("it was not complete in time");
    }

    void begin()
    {
        ssl_.reset(SSL_new(context_->context.get()));
        BIO* bio = BIO_new(socket_method());
        BIO_set_data(bio, this);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl_.get(), bio, bio);
    }

    // Repeats a step of OpenSSL, and waits for the socket between, until it is done or fails.
    template <class Step>
    support::task<outcome> drive(Step step)
    {
        while (true)
        {
            ERR_clear_error();
            const int returned = step();
            if (returned > 0)
            {
                co_return outcome{.returned = returned};
            }
            const int why = SSL_get_error(ssl_.get(), returned);
            if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
            {
                broken_ = true;
                const bool cut = ERR_peek_error() == 0;
                co_return outcome{0, cut ? "the peer closed the connection" : last_openssl_error()};
            }
            if (!co_await wait(why == SSL_ERROR_WANT_READ ? wait_type::wait_read : wait_type::wait_write))
            {
                broken_ = true;
                co_return outcome{0, "it was not complete in time"};
            }
        }
    }

    // OpenSSL's own BIO for sockets does not keep a write to a closed connection from raising SIGPIPE.
    static int send_bytes(BIO* bio, const char* data, int size)
    {
        BIO_clear_retry_flags(bio);
        const auto sent = ::send(
            of(bio).descriptor(),
            data,
            static_cast<std::size_t>(std::max(size, 0)),
            MSG_NOSIGNAL | MSG_DONTWAIT
        );
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        {
            BIO_set_retry_write(bio);
        }
        return static_cast<int>(sent);
    }

    static int receive_bytes(BIO* bio, char* space, int size)
    {
        BIO_clear_retry_flags(bio);
        const auto received =
            ::recv(of(bio).descriptor(), space, static_cast<std::size_t>(std::max(size, 0)), MSG_DONTWAIT);
        if (received < 0 && (errno == EAGAIN || errno == EINTR))
        {
            BIO_set_retry_read(bio);
        }
        of(bio).at_end_ = received == 0;
        return static_cast<int>(received);
    }

    static long control(BIO* bio, int command, long, void*)
    {
        switch (command)
        {
            case BIO_CTRL_FLUSH:
                return 1;
            case BIO_CTRL_EOF:
                return of(bio).at_end_ ? 1 : 0;
            default:
                return 0;
        }
    }

    static tls_socket& of(BIO* bio) { return *static_cast<tls_socket*>(BIO_get_data(bio)); }

    static BIO_METHOD* socket_method()
    {
        static const auto method = [] {
            std::unique_ptr<BIO_METHOD, ssl_free> made(
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection")
            );
            BIO_meth_set_write(made.get(), send_bytes);
            BIO_meth_set_read(made.get(), receive_bytes);
            BIO_meth_set_ctrl(made.get(), control);
            return made;
        }();
        return method.get();
    }

    std::shared_ptr<server_tls_context> context_;
    std::unique_ptr<SSL, ssl_free> ssl_;  // empty before the handshake
    bool plain_ = false;                  // the peer speaks http
    bool read_wants_write_ = false;
    bool broken_ = false;  // nothing more may be asked of `ssl_`
    bool at_end_ = false;
};

}  // namespace

support::result<std::shared_ptr<server_tls_context>> create_server_tls_context(
    std::string_view chain_pem, const support::secret& key_pem
)
{
    const auto chain = read_certificates(chain_pem);
    if (!chain)
    {
        return support::fail("certificate", chain.error());
    }
    const auto key = read_private_key(key_pem.reveal());
    if (!key)
    {
        return support::fail("key", key.error());
    }
    auto created = std::make_shared<server_tls_context>();
    SSL_CTX* context = created->context.get();
    set_options_of(context);
    ERR_clear_error();
    if (SSL_CTX_use_certificate(context, chain->front().get()) != 1)
    {
        return invalid("certificate: " + last_openssl_error());
    }
    for (std::size_t i = 1; i < chain->size(); ++i)
    {
        SSL_CTX_add1_chain_cert(context, (*chain)[i].get());
    }
    if (SSL_CTX_use_PrivateKey(context, key->get()) != 1)
    {
        return invalid("key: it does not belong to the first certificate: " + last_openssl_error());
    }
    return created;
}

std::unique_ptr<accepted_stream> accept_tls(tcp::socket socket, std::shared_ptr<server_tls_context> context)
{
    return std::make_unique<tls_socket>(std::move(socket), std::move(context));
}

}  // namespace net

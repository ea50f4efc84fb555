#include "net/transport/accepted_tls.hpp"

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
    void operator()(SSL* p) const { SSL_free(p); }
    void operator()(BIO_METHOD* p) const { BIO_meth_free(p); }
};

std::unexpected<support::error> interrupted(std::string message)
{
    return support::fail(support::errc::interrupted, std::move(message));
}

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
        while (true)
        {
            const auto step = co_await accept_in_turn();
            if (step.needs == need::nothing)
            {
                co_return support::result<>();
            }
            if (auto ready = co_await wait_for(step); !ready)
            {
                co_return ready;
            }
        }
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
            ERR_clear_error();
            const auto step = judge(SSL_write_ex(ssl_.get(), data.data(), data.size(), &size));
            if (step.needs == need::nothing)
            {
                data.remove_prefix(size);
            }
            else if (auto ready = co_await wait_for(step); !ready)
            {
                co_return ready;
            }
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
    enum class need
    {
        nothing,  // it is done
        to_read,
        to_write,
        end,  // it has failed
    };

    // What came of one call of OpenSSL.
    struct outcome
    {
        need needs = need::nothing;
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

    // To be called before anything else calls OpenSSL.
    outcome judge(int returned)
    {
        if (returned > 0)
        {
            return {};
        }
        switch (SSL_get_error(ssl_.get(), returned))
        {
            case SSL_ERROR_WANT_READ:
                return {.needs = need::to_read};
            case SSL_ERROR_WANT_WRITE:
                return {.needs = need::to_write};
            default:
                break;
        }
        broken_ = true;
        const bool cut = ERR_peek_error() == 0;
        return {need::end, cut ? "the peer closed the connection" : last_openssl_error()};
    }

    support::task<outcome> accept_in_turn()
    {
        const auto hold = co_await context_->steps.take();
        if (is_interrupted())
        {
            co_return outcome{.needs = need::to_read};
        }
        if (!ssl_)
        {
            begin();
        }
        ERR_clear_error();
        co_return judge(SSL_accept(ssl_.get()));
    }

    // Waits until OpenSSL can go on.
    support::task<support::result<>> wait_for(outcome step)
    {
        if (step.needs == need::end)
        {
            co_return interrupted(std::move(step.failure));
        }
        if (!co_await wait(step.needs == need::to_read ? wait_type::wait_read : wait_type::wait_write))
        {
            broken_ = true;
            co_return interrupted("it was not complete in time");
        }
        co_return support::result<>();
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

std::unique_ptr<accepted_stream> accept_tls(tcp::socket socket, std::shared_ptr<server_tls_context> context)
{
    return std::make_unique<tls_socket>(std::move(socket), std::move(context));
}

}  // namespace net

#include "cloudsim/http/transport.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace cloudsim {

control::transport over_http(std::uint16_t port)
{
    return [port](const request& asked) {
        asio::io_context context;
        asio::ip::tcp::socket socket(context);
        socket.connect({asio::ip::address_v4::loopback(), port});
        http::request<http::string_body> out(http::string_to_verb(asked.method), asked.target, 11);
        out.set(http::field::host, "127.0.0.1:" + std::to_string(port));
        out.set(http::field::connection, "close");
        for (const auto& [name, value] : asked.headers)
        {
            out.set(name, value);
        }
        out.body() = asked.body;
        out.prepare_payload();
        http::write(socket, out);
        boost::beast::flat_buffer buffer;
        http::response_parser<http::string_body> in;
        in.body_limit(boost::none);
        http::read(socket, buffer, in);
        return reply{.status = static_cast<int>(in.get().result_int()), .body = std::move(in.get().body())};
    };
}

}  // namespace cloudsim

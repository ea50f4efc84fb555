#include "net/transport/origin.hpp"

namespace net {

std::string origin::str() const
{
    std::string text = tls ? "https://" : "http://";
    text += host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != (tls ? 443 : 80))
    {
        text += ":" + std::to_string(port);
    }
    return text;
}

}  // namespace net

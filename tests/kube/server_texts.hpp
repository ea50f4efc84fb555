#pragma once

#include "kube/watch_decoder.hpp"

#include <string>
#include <vector>

// Texts as the API server sends them, and what a decoder makes of them.
namespace test {

// A page of a list that goes on.
inline const std::string list_text =
    R"({"apiVersion":"certificates.bycloud.io/v1alpha1","items":[{"metadata":{"name":"a","resourceVersion":"223"}},)"
    R"({"metadata":{"name":"b [}\"]"},"spec":{"list":[1,[2,{"x":null}]]}}],"kind":"CertificateBindingList",)"
    R"("metadata":{"continue":"eyJ2Ijoi","remainingItemCount":2,"resourceVersion":"226"}})"
    "\n";

// A watch with an event of each type.
inline const std::string watch_text =
    R"({"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"227"},"spec":{"x":"}\n{"}}})"
    "\n"
    R"({"object":{"metadata":{"resourceVersion":"228"}},"type":"MODIFIED"})"
    "\r\n"
    "\n"
    R"({"type":"DELETED","object":{"metadata":{"resourceVersion":"229"}},"other":[1,2]})"
    "\n"
    R"({"type":"BOOKMARK","object":{"kind":"CertificateBinding","metadata":{"resourceVersion":"243"}}})"
    "\n"
    R"X({"type":"ERROR","object":{"kind":"Status","message":"too old resource version: 1 (222)","code":410}})X"
    "\n";

// All events of the decoder, each as "type version error object"; "bad" at the end if the decoder fails.
inline std::vector<std::string> drain(kube::watch_decoder& decoder)
{
    std::vector<std::string> events;
    for (;;)
    {
        const auto event = decoder.next();
        if (!event)
        {
            events.emplace_back(
                event.error().code == support::errc::bad_answer ? "bad" : event.error().message
            );
            return events;
        }
        if (!*event)
        {
            return events;
        }
        const auto& got = **event;
        events.push_back(
            std::to_string(static_cast<int>(got.type)) + " " + std::string(got.resource_version) + " " +
            std::to_string(got.error_code) + got.error_message + " " + std::string(got.object)
        );
    }
}

}  // namespace test

#pragma once

#include <string>
#include <string_view>
#include <utility>

// Text that must not be shown: it has no operator<<, no formatter and no conversion, and is wiped when it
// goes. Moving from a short string leaves its characters where they were, so what was moved from is wiped
// too.
namespace support {

// Overwrites `text` so that the compiler cannot leave it out.
void wipe(std::string& text);

class secret
{
public:
    secret() = default;
    explicit secret(std::string text) : text_(std::move(text)) { wipe(text); }
    secret(const secret&) = default;
    secret(secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
    secret& operator=(secret other) noexcept
    {
        text_.swap(other.text_);
        return *this;
    }
    ~secret() { wipe(text_); }

    // The text itself, for the wire alone.
    const std::string& reveal() const { return text_; }

    bool empty() const { return text_.empty(); }
    bool operator==(const secret& other) const = default;

private:
    std::string text_;
};

}  // namespace support

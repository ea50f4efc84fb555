#pragma once

#include <string>
#include <string_view>
#include <utility>

// Text that must not be shown. A secret has no operator<<, no formatter and no conversion, and is wiped when
// it is destroyed. A secret that was moved from is wiped too, because moving a short string leaves its
// characters behind.
namespace support {

// Overwrites `text` in a way that the compiler does not optimise away.
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

    // The text itself, only for sending it.
    const std::string& reveal() const { return text_; }

    bool empty() const { return text_.empty(); }
    bool operator==(const secret& other) const = default;

private:
    std::string text_;
};

}  // namespace support

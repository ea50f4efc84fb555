#pragma once

#include "cloudsim/control/control.hpp"

#include <cstdint>

namespace cloudsim {

// The control API of a program that runs on this machine: the calls of `control`, which see.
class remote_control
{
public:
    explicit remote_control(std::uint16_t port) : port_(port) {}

    // Any call of the table in README.md: path below /control. Throws control_error if it is refused.
    json call(const std::string& method, const std::string& path, const json& body = {}) const;

    std::string add_project(const std::string& name) const;
    std::string add_user(const std::string& name, const std::string& project) const;
    control::credential add_application_credential(const std::string& user, const std::string& project) const;
    void remove_application_credential(const std::string& id) const;
    void revoke_tokens(const std::string& user = "") const;
    std::string add_load_balancer(const control::load_balancer_order& wanted) const;
    std::string add_listener(const control::listener_order& wanted) const;
    control::certificate add_certificate(const control::certificate_order& wanted) const;
    void complete_certificate(const std::string& id) const;
    void remove_certificate(const std::string& id) const;
    void remove_listener(const std::string& id) const;
    control::listener_state get_listener(const std::string& id) const;
    std::string load_balancer_status(const std::string& id) const;
    control::tls_answer tls(const std::string& listener, const std::string& server_name) const;
    void hold(const control::match& which) const;
    void drop(const control::match& which) const;
    void cut(const control::match& which, std::size_t bytes) const;
    void remove_rules() const;
    std::vector<logged_request> held() const;
    std::size_t release() const;
    void set(const json& settings) const;
    std::vector<logged_request> log(const control::match& which = {}) const;
    std::size_t puts() const;

private:
    std::uint16_t port_;
};

}  // namespace cloudsim

#pragma once

#include "api/body.hpp"
#include "api/failure.hpp"
#include "api/request.hpp"
#include "binding/resource/certificate_binding.hpp"
#include "kube/client.hpp"
#include "support/task.hpp"

#include <functional>
#include <string>
#include <vector>

// The operations of the API on CertificateBindings, with the rights of the caller.
namespace api {

// The name of the object from what it binds, so that two replicas that are asked for the same binding find
// each other's: "binding-" and 32 digits of a SHA-256. The same certificate in the other slot is another
// binding.
std::string name_of(const parameters& where, const new_binding& wanted);

// The id that the answers show of a binding: that of the cloud, if its status has one, else the uid of the
// object.
const support::uuid& id_of(const binding::certificate_binding& object);

// An object of the index by its uid; null if the index does not have it. The pointer holds until the next
// co_await.
using find_binding = std::function<const binding::certificate_binding*(const support::uuid&)>;

class bindings
{
public:
    bindings(kube::client& as_caller, std::string name_space)
        : kube_(as_caller), name_space_(std::move(name_space))
    {}

    using object = binding::certificate_binding;

    // Failure 409: the name is taken, or somebody else refuses the object so.
    support::task<result<object>> create(parameters where, new_binding wanted);

    support::task<result<object>> read(std::string name);

    // The objects whose spec.<field> is `id` in that region, by id_of().
    support::task<result<std::vector<object>>> list(std::string field, support::uuid id, std::string region);

    // The binding of the path, by the cloud's id or by the uid of the object, because an answer that came
    // before the cloud's showed the uid. `find` turns a uid into a name; what it does not know is searched in
    // a list.
    // Failure 404: there is none with this id, certificate and region in the namespace.
    support::task<result<object>> find(parameters where, find_binding find);

    // Whether Kubernetes says that the object is not there any more; false if it does not answer.
    support::task<bool> is_gone(object which);

    // What became of a deletion.
    enum class removed
    {
        gone,
        waits,    // for its finalizers
        changed,  // it has another version than was meant
    };
    // `exactly`: only while it has the version of `which`. An answer 404 or 409 alone does not prove that the
    // object is gone, because an admission webhook may answer so; a read decides.
    support::task<result<removed>> remove(object which, bool exactly);

private:
    // What an answer 404 or 409 to a deletion means.
    support::task<result<removed>> explain_unremoved(object which, bool exactly, support::error refused);

    kube::client& kube_;
    std::string name_space_;
};

}  // namespace api

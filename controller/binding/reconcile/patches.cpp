#include "binding/reconcile/patches.hpp"

#include "binding/resource/merge_patch.hpp"

namespace binding {

kube::patch_request patch_for(const certificate_binding& object, const write& wanted)
{
    kube::patch_request request;
    request.resource = bindings_resource;
    request.name_space = object.name_space.str();
    request.name = object.name;
    switch (wanted.kind)
    {
        case write_kind::add_finalizer:
            request.merge_patch = finalizers_patch(object, true);
            break;
        case write_kind::remove_finalizer:
            request.merge_patch = finalizers_patch(object, false);
            break;
        case write_kind::status:
            request.subresource = "status";
            request.merge_patch = status_patch(object, wanted.wanted);
            break;
    }
    return request;
}

write_answer meaning_of(const support::error& error)
{
    if (error.code == support::errc::too_late)
    {
        return write_answer::refused;  // nothing was sent
    }
    if (error.code != support::errc::status || error.http_status >= 500)
    {
        // A write that is answered with 504 may have taken effect as well.
        return write_answer::lost;
    }
    return error.http_status == 409 ? write_answer::conflict : write_answer::refused;
}

}  // namespace binding

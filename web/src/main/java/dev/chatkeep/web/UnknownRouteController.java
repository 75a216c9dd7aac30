package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.NotFound;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// Answers what no other controller of the API does.
@RestController
final class UnknownRouteController {

    @RequestMapping("/api/**")
    NotFound unknown() {
        throw new NotFound("no_such_route", "The API has no such route, or not with this method.");
    }
}

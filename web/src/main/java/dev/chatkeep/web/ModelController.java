package dev.chatkeep.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Models;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// `/api/models`: which models may be asked. No secret and no system prompt is shown.
@RestController
@RequestMapping("/api/models")
final class ModelController {

    private final Models models;
    private final Cashier cashier;

    ModelController(Models models, Cashier cashier) {
        this.models = models;
        this.cashier = cashier;
    }

    /// @param price of a message beyond the free ones, in units of the asset it is paid in, such as `0.01`
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ModelAnswer(
            String id,
            String provider,
            int contextTokens,
            @Nullable String price) {}

    record ModelsAnswer(boolean success, List<ModelAnswer> models, String defaultModelId) {}

    @GetMapping
    ModelsAnswer list() {
        return new ModelsAnswer(
                true,
                models.list().stream().map(this::answer).toList(),
                models.preferred().id());
    }

    private ModelAnswer answer(Model model) {
        BigDecimal price = cashier.price(model);
        return new ModelAnswer(
                model.id(), model.provider(), model.contextTokens(), price == null ? null : price.toPlainString());
    }
}

package dev.chatkeep.web;

import dev.chatkeep.run.Model;
import dev.chatkeep.run.Models;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// `/api/models`: which models may be asked. No secret and no system prompt is shown.
@RestController
@RequestMapping("/api/models")
final class ModelController {

    private final Models models;

    ModelController(Models models) {
        this.models = models;
    }

    record ModelAnswer(String id, String provider, int contextTokens) {
        static ModelAnswer of(Model model) {
            return new ModelAnswer(model.id(), model.provider(), model.contextTokens());
        }
    }

    record ModelsAnswer(boolean success, List<ModelAnswer> models, String defaultModelId) {}

    @GetMapping
    ModelsAnswer list() {
        return new ModelsAnswer(
                true,
                models.list().stream().map(ModelAnswer::of).toList(),
                models.preferred().id());
    }
}

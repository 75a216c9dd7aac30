package dev.chatkeep.server;

import dev.chatkeep.langchain4j.LangChain4jGenerator;
import dev.chatkeep.langchain4j.Provider;
import dev.chatkeep.langchain4j.ProviderSettings;
import dev.chatkeep.run.DemoGenerator;
import dev.chatkeep.run.Generator;
import dev.chatkeep.run.Model;
import dev.chatkeep.run.Models;
import dev.chatkeep.server.Settings.ModelSettings;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// The models: those under `chatkeep.models`; else the one behind `OPENAI_API_KEY` or `OPENAI_BASE_URL`; else
/// the demo.
@Configuration(proxyBeanMethods = false)
class ModelConfiguration {

    static final String DEMO = "demo";

    private static final Duration DEMO_PACE = Duration.ofMillis(12);

    @Bean
    @ConditionalOnMissingBean
    Models models(Settings settings) {
        try {
            return new Models(
                    configured(settings).stream().map(ModelConfiguration::model).toList());
        } catch (IllegalArgumentException wrong) {
            throw new SettingsException("chatkeep.models: " + wrong.getMessage(), wrong);
        }
    }

    private static List<ModelSettings> configured(Settings settings) {
        if (!settings.models().isEmpty()) {
            return settings.models();
        }
        var openai = settings.openai();
        String id = openai.isConfigured() ? settings.model() : DEMO;
        String provider = openai.isConfigured() ? "openai" : DEMO;
        return List.of(new ModelSettings(
                id, provider, null, openai.baseUrl(), openai.apiKey(), null, Model.DEFAULT_CONTEXT_TOKENS, null));
    }

    private static Model model(ModelSettings settings) {
        return new Model(
                settings.id(),
                settings.provider(),
                settings.system(),
                settings.contextTokens(),
                settings.price(),
                generator(settings));
    }

    private static Generator generator(ModelSettings settings) {
        if (settings.provider().equals(DEMO)) {
            return new DemoGenerator(DEMO_PACE);
        }
        String name = orNull(settings.name());
        return new LangChain4jGenerator(new ProviderSettings(
                provider(settings.provider()),
                orNull(settings.baseUrl()),
                orNull(settings.apiKey()),
                name == null ? settings.id() : name));
    }

    private static Provider provider(String name) {
        return Arrays.stream(Provider.values())
                .filter(provider -> provider.name().toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no provider is called " + name + "; there are openai, anthropic, gemini, ollama and demo"));
    }

    private static @Nullable String orNull(@Nullable String text) {
        return Settings.isSet(text) ? text : null;
    }
}

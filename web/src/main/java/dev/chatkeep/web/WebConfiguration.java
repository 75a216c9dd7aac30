package dev.chatkeep.web;

import dev.chatkeep.signin.WalletSignIn;
import dev.chatkeep.token.Issuers;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.converter.HttpMessageConverters;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import tools.jackson.databind.json.JsonMapper;

/// Brings the controllers of the API in. They need a `Chatkeep`, its `Models`, a `JsonMapper` and [ApiSettings]
/// as beans.
@Configuration(proxyBeanMethods = false)
@ComponentScan
public class WebConfiguration implements WebMvcConfigurer {

    private final JsonMapper mapper;
    private final ReadBudget reads = new ReadBudget(Runtime.getRuntime().maxMemory());

    WebConfiguration(JsonMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public void configureMessageConverters(HttpMessageConverters.ServerBuilder converters) {
        converters.addCustomConverter(new JsonAnswers(mapper));
    }

    @Override
    public void addInterceptors(InterceptorRegistry interceptors) {
        interceptors.addInterceptor(new QueryCheck());
        interceptors.addInterceptor(reads);
    }

    @Bean
    ReadBudget readBudget() {
        return reads;
    }

    @Bean
    WalletSignIn walletSignIn(ApiSettings settings) {
        return new WalletSignIn(settings.domains(), InstantSource.system());
    }

    @Bean
    Issuers issuers(ApiSettings settings) {
        return new Issuers(settings.issuers(), InstantSource.system());
    }
}

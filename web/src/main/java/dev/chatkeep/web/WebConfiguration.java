package dev.chatkeep.web;

import dev.chatkeep.signin.WalletSignIn;
import dev.chatkeep.token.Issuers;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;

/// Brings the controllers of the API in. They need a `Chatkeep`, its `Models` and [ApiSettings] as beans.
@Configuration(proxyBeanMethods = false)
@ComponentScan
public class WebConfiguration {

    @Bean
    WalletSignIn walletSignIn(ApiSettings settings) {
        return new WalletSignIn(settings.domains(), InstantSource.system());
    }

    @Bean
    Issuers issuers(ApiSettings settings) {
        return new Issuers(settings.issuers(), InstantSource.system());
    }
}

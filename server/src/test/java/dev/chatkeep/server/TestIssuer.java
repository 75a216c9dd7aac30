package dev.chatkeep.server;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// An issuer of tokens on loopback, with its OpenID configuration and its keys.
final class TestIssuer implements AutoCloseable {

    /// How it answers when it is asked for its keys.
    enum Mood {
        WELL,
        FAILING,
        HANGING
    }

    private final HttpServer http;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicInteger fetches = new AtomicInteger();
    private volatile List<JWK> keys;
    private volatile Mood mood = Mood.WELL;

    TestIssuer() throws IOException {
        this.keys = List.of(rsa("rsa-1"), ec("ec-1"));
        this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(threads);
        http.createContext(
                "/.well-known/openid-configuration", request -> answer(request, """
                {"issuer":"%s","jwks_uri":"%s/keys"}""".formatted(name(), name())));
        http.createContext("/keys", request -> {
            fetches.incrementAndGet();
            answer(request, new JWKSet(keys).toString());
        });
        http.start();
    }

    private void answer(HttpExchange request, String body) throws IOException {
        if (mood == Mood.HANGING) {
            await();
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (request) {
            request.sendResponseHeaders(mood == Mood.WELL ? 200 : 500, bytes.length);
            request.getResponseBody().write(bytes);
        }
    }

    private void await() {
        try {
            closed.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    String name() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    void is(Mood mood) {
        this.mood = mood;
    }

    int fetches() {
        return fetches.get();
    }

    /// From now on these are its keys.
    void rotate(List<JWK> to) {
        keys = to;
    }

    RSAKey rsaKey() {
        return keys.getFirst().toRSAKey();
    }

    ECKey ecKey() {
        return keys.get(1).toECKey();
    }

    static RSAKey rsa(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).generate();
        } catch (JOSEException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static ECKey ec(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
        } catch (JOSEException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// What a good token of this subject says.
    JWTClaimsSet.Builder claims(String subject) {
        Instant now = Instant.now();
        return new JWTClaimsSet.Builder()
                .issuer(name())
                .subject(subject)
                .audience("chat")
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plusSeconds(600)));
    }

    String token(String subject) {
        return sign(claims(subject), rsaKey());
    }

    static String sign(JWTClaimsSet.Builder claims, JWK key) {
        try {
            boolean isRsa = key instanceof RSAKey;
            JWSSigner signer = isRsa ? new RSASSASigner(key.toRSAKey()) : new ECDSASigner(key.toECKey());
            JWSHeader header = new JWSHeader.Builder(isRsa ? JWSAlgorithm.RS256 : JWSAlgorithm.ES256)
                    .keyID(key.getKeyID())
                    .build();
            SignedJWT token = new SignedJWT(header, claims.build());
            token.sign(signer);
            return token.serialize();
        } catch (JOSEException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        http.stop(0);
        threads.shutdownNow();
    }
}

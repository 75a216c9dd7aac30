package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.filter.OncePerRequestFilter;

/// Refuses what is HTTP and yet cannot be read, before anything reads it: whatever comes later, in the
/// framework as in a controller, takes a failure to read it for a failure of the server.
final class MalformedRequestFilter extends OncePerRequestFilter {

    private static final Pattern CHARSET =
            Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\";]*)", Pattern.CASE_INSENSITIVE);
    private static final Set<String> CHARSETS = Set.of("", "utf-8", "utf8", "us-ascii", "ascii");

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        try {
            checkQuery(request);
            checkType(request.getContentType());
            checkAccept(request.getHeader(HttpHeaders.ACCEPT));
        } catch (Invalid | HttpRefusal | HttpMediaTypeNotAcceptableException refusal) {
            Problems.write(response, refusal);
            return;
        }
        chain.doFilter(request, response);
    }

    /// The container decodes all parameters when the first one is asked for.
    private static void checkQuery(HttpServletRequest request) {
        if (request.getQueryString() == null) {
            return;
        }
        try {
            request.getParameterMap();
        } catch (IllegalArgumentException | IllegalStateException | RequestRejectedException undecodable) {
            throw malformed("query", "The query cannot be decoded: percent-encoded UTF-8 is expected.", undecodable);
        }
    }

    /// A type that is none, or that is many, such as `*/*`; the framework reads it wherever it reads the headers. Or
    /// one of a body in another charset than is read here.
    private static void checkType(@Nullable String type) {
        if (type == null || type.isEmpty()) {
            return;
        }
        try {
            if (!CHARSETS.contains(charset(type).toLowerCase(Locale.ROOT))) {
                throw HttpRefusal.charset();
            }
            if (MediaType.parseMediaType(type).isConcrete()) {
                return;
            }
        } catch (InvalidMediaTypeException unreadable) {
            throw malformed("Content-Type", "A media type, such as application/json.", unreadable);
        }
        throw new Invalid("malformed_request", "Content-Type", "One media type, such as application/json.");
    }

    /// The charset that a type names, whether or not this JVM has it; empty when it names none.
    private static String charset(String type) {
        Matcher charset = CHARSET.matcher(type);
        return charset.find() ? charset.group(1).strip() : "";
    }

    private static void checkAccept(@Nullable String accept) throws HttpMediaTypeNotAcceptableException {
        if (accept == null || accept.isEmpty()) {
            return;
        }
        try {
            if (Arrays.stream(accept.split(",", -1)).noneMatch(String::isBlank)) {
                MediaType.parseMediaTypes(accept);
                return;
            }
        } catch (InvalidMediaTypeException unreadable) {
            throw notAcceptable(unreadable);
        }
        throw notAcceptable(null);
    }

    private static HttpMediaTypeNotAcceptableException notAcceptable(@Nullable Exception cause) {
        var refusal = new HttpMediaTypeNotAcceptableException("Accept cannot be read");
        if (cause != null) {
            refusal.initCause(cause);
        }
        return refusal;
    }

    private static Invalid malformed(String field, String detail, Exception cause) {
        Invalid invalid = new Invalid("malformed_request", field, detail);
        invalid.initCause(cause);
        return invalid;
    }
}

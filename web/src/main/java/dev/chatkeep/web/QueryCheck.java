package dev.chatkeep.web;

import dev.chatkeep.ChatkeepException.Invalid;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;

/// Refuses a query parameter that the route does not take, or that is given twice: a filter with a typing error
/// would otherwise answer with everything. Looks at the controllers of this package only, and leaves a route that
/// does not exist to its 404.
final class QueryCheck implements HandlerInterceptor {

    private final Map<Method, SortedSet<String>> accepted = new ConcurrentHashMap<>();

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (request.getQueryString() != null && handler instanceof HandlerMethod method && isChecked(method)) {
            check(request.getParameterMap(), accepted.computeIfAbsent(method.getMethod(), QueryCheck::parameters));
        }
        return true;
    }

    private static boolean isChecked(HandlerMethod method) {
        Class<?> controller = method.getBeanType();
        return controller.getPackage().equals(QueryCheck.class.getPackage())
                && controller != UnknownRouteController.class;
    }

    private static void check(Map<String, String[]> query, SortedSet<String> accepted) {
        query.forEach((name, values) -> {
            if (!accepted.contains(name)) {
                throw Invalid.field(name, "There is no such query parameter. " + sentence(accepted));
            }
            if (values.length > 1) {
                throw Invalid.field(name, "A query parameter is given once.");
            }
        });
    }

    private static String sentence(SortedSet<String> accepted) {
        return accepted.isEmpty() ? "This route takes none." : "This route takes " + String.join(", ", accepted) + ".";
    }

    private static SortedSet<String> parameters(Method method) {
        var names = new TreeSet<String>();
        for (Parameter parameter : method.getParameters()) {
            RequestParam annotation = AnnotatedElementUtils.getMergedAnnotation(parameter, RequestParam.class);
            if (annotation != null) {
                names.add(annotation.name().isEmpty() ? parameter.getName() : annotation.name());
            }
        }
        return names;
    }
}

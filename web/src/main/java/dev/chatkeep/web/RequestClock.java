package dev.chatkeep.web;

import jakarta.servlet.ServletRequest;

/// What the API tells the connector of a request, for which a deadline runs: who is signed in may take longer to send
/// a body, and an answer to them may take any time. A connector that has no such deadline sets no clock.
public interface RequestClock {

    /// The request's attribute.
    String ATTRIBUTE = RequestClock.class.getName();

    /// The caller is known.
    void signedIn();

    /// The body was read to its end.
    void bodyRead();

    /// Whether the deadline is over, and what was still to come will not be read.
    boolean isLate();

    static RequestClock of(ServletRequest request) {
        return request.getAttribute(ATTRIBUTE) instanceof RequestClock clock ? clock : NONE;
    }

    /// Of a request without a deadline.
    RequestClock NONE = new RequestClock() {
        @Override
        public void signedIn() {}

        @Override
        public void bodyRead() {}

        @Override
        public boolean isLate() {
            return false;
        }
    };
}

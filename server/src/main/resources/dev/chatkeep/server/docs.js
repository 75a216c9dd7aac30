'use strict'

const ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  // Whoever signs in on this page is signed in on this page, until it is closed.
  responseInterceptor(response) {
    if (response.ok && response.url.endsWith('/api/auth/guest')) {
      ui.preauthorizeApiKey('bearer', JSON.parse(response.text).sessionToken)
    }
    return response
  },
})

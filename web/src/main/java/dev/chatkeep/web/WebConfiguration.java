package dev.chatkeep.web;

import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;

/// Brings the controllers of the API in. They need a `Chatkeep`, its `Models` and [ApiSettings] as beans.
@Configuration(proxyBeanMethods = false)
@ComponentScan
public class WebConfiguration {}

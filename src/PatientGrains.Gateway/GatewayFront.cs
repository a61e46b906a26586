using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Admission;
using PatientGrains.Gateway.Auth;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Gateway.Fhir;
using PatientGrains.Gateway.Grpc;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grpc;

namespace PatientGrains.Gateway;

/// <summary>The door of the gateway: a host adds it to its services and maps it to its server.</summary>
public static class GatewayFront
{
    /// <summary>
    /// Adds the intake and the FHIR front. Needs an <c>IGrainFactory</c>, and a TimeProvider unless it is the system's. Also silences what
    /// the web server would log about
    /// single requests, whose addresses name patients, whatever level the host configures.
    /// </summary>
    public static IServiceCollection AddPatientGrainsGateway(this IServiceCollection services, GatewayOptions options, IntakeOptions intake)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        // References below our own base are ours, also when they are written out (R4 2.3.0.1).
        services.AddSingleton(options.BaseUrl is { } own ? intake with { BaseUrls = [.. intake.BaseUrls, own] } : intake);
        services.AddSingleton(new ScannerPool(PatientGrains.Fhir.FhirLimits.Default with { MaxBytes = options.MaxBodyBytes }));
        services.AddSingleton<SubmissionIntake>();
        services.AddSingleton<Entrance>();
        services.AddSingleton<TokenVerifier>();
        services.AddSingleton<RefusedLogins>();
        services.AddSingleton<AccessNotes>();
        services.AddSingleton<Login>();
        services.AddHostedService<LoginCounter>();
        AddFhir(services);
        AddFeeds(services, options);
        AddGrpc(services);
        services.AddResponseCompression(compression =>
        {
            compression.EnableForHttps = true;
            compression.MimeTypes = [Formats.FhirJson, "application/json", "text/json"];
            compression.Providers.Add<GzipCompressionProvider>();
        });
        // A better ratio would cost more time than the network that it saves.
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
        services.PostConfigure<LoggerFilterOptions>(KeepAddressesOutOfLogs);
        return services;
    }

    /// <summary>Maps <c>/fhir</c>, <c>/feeds</c> and <c>/health</c>.</summary>
    public static void MapPatientGrains(this IEndpointRouteBuilder endpoints)
    {
        var front = endpoints.ServiceProvider.GetRequiredService<FhirFront>();
        var pipeline = endpoints.CreateApplicationBuilder();
        pipeline.UseResponseCompression();
        pipeline.UsePathBase(FhirFront.BasePath);
        pipeline.Run(front.Handle);
        // One pattern for all: what the router names in metrics and traces then holds no id.
        endpoints.Map(FhirFront.BasePath + "/{**address}", pipeline.Build());
        endpoints.MapGet("/health", () => Results.Text("up"));
        endpoints.MapGet(FeedEvents.BasePath + "{feed}", endpoints.ServiceProvider.GetRequiredService<FeedEvents>().Handle);
    }

    /// <summary>
    /// Answers gRPC, on every endpoint that speaks HTTP/2: cleartext ones need to speak nothing else. Health and reflection are there
    /// too, and need no token.
    /// </summary>
    public static void UsePatientGrainsGrpc(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        var methods = services.GetRequiredService<GatewayMethods>().All;
        var health = new GrpcHealth();
        foreach (string service in methods.Select(method => method.Descriptor.Service.FullName).Distinct().Append(""))
            health.Set(service, serves: true);
        var limits = services.GetRequiredService<GatewayOptions>().Grpc;
        app.UseGrpc([.. methods, .. health.Methods, .. GrpcReflection.Methods([.. methods, .. health.Methods])], limits,
            services.GetRequiredService<TimeProvider>());
    }

    /// <summary>
    /// Who asks, for what a host maps beside the fronts. Null when nobody can be named: the refusal is then noted, under the bound of all
    /// refused logins, and answered already.
    /// </summary>
    /// <param name="http">The request.</param>
    /// <param name="asked">What is asked for, for the note.</param>
    public static async Task<Requester?> LogIn(HttpContext http, string asked)
    {
        string requestId = FhirFront.RequestIdOf(http);
        var (session, denied) = await http.RequestServices.GetRequiredService<Login>().Requester(http, requestId, () => asked);
        if (denied is not null)
            await http.RequestServices.GetRequiredService<ResponseWriter>().Write(http, denied, requestId);
        return session?.Who;
    }

    private static void AddFhir(IServiceCollection services)
    {
        services.AddSingleton<RecordDoor>();
        services.AddSingleton<ResourceWriter>();
        services.AddSingleton<AuditEventWriter>();
        services.AddSingleton<ResponseWriter>();
        services.AddSingleton<Writes>();
        services.AddSingleton<Read>();
        services.AddSingleton<History>();
        services.AddSingleton<Search>();
        services.AddSingleton<Everything>();
        services.AddSingleton<AlertWriter>();
        services.AddSingleton<Alerts>();
        services.AddSingleton<AuditEventSearch>();
        services.AddSingleton<Create>();
        services.AddSingleton<Update>();
        services.AddSingleton<Delete>();
        services.AddSingleton<BundleEndpoint>();
        services.AddSingleton<Func<Routes>>(provider => provider.GetRequiredService<Routes>);
        services.AddSingleton<Routes>();
        services.AddSingleton<Metadata>();
        services.AddSingleton<FhirFront>();
    }

    private static void AddFeeds(IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options.Feeds);
        services.AddSingleton<UnreadableLines>();
        services.AddSingleton<FeedSource>();
        services.AddSingleton(provider => new FeedHub(
            provider.GetRequiredService<FeedSource>(),
            provider.GetRequiredService<AccessNotes>(),
            options.Feeds,
            provider.GetRequiredService<TimeProvider>(),
            // Streams end when the server begins to stop, not when it has waited for them.
            provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping));
        services.AddSingleton<FeedEvents>();
    }

    private static void AddGrpc(IServiceCollection services)
    {
        services.AddSingleton<GrpcLogin>();
        services.AddSingleton<Submissions>();
        services.AddSingleton<SubmitMethods>();
        services.AddSingleton<ReadMethods>();
        services.AddSingleton<FeedMethods>();
        services.AddSingleton<AlertMethods>();
        services.AddSingleton<GatewayMethods>();
    }

    private static void KeepAddressesOutOfLogs(LoggerFilterOptions filters)
    {
        // A rule counts by the length of its category, and the last of equals wins: these are longer than what hosts write, and added last.
        string[] categories =
        [
            "Hosting.Diagnostics", "Routing.EndpointMiddleware", "Routing.EndpointRoutingMiddleware", "Routing.Matching.DfaMatcher",
            "Server.Kestrel.BadRequests", "ResponseCompression.ResponseCompressionProvider", "HttpLogging.HttpLoggingMiddleware",
        ];
        foreach (string category in categories)
        {
            filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore." + category, LogLevel.Warning, null));
        }
        filters.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore", LogLevel.Warning, null));
    }
}

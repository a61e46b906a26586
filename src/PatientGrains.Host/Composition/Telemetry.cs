using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PatientGrains.Host.Settings;

namespace PatientGrains.Host.Composition;

/// <summary>
/// Exports our own traces and metrics and the runtime's metrics (memory, collections, threads), and nobody else's: those of the web server
/// carry addresses, and an address of a FHIR server names a patient.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    /// <exception cref="SettingsException">Otlp is not a URL.</exception>
    public Telemetry(HostSettings settings)
    {
        if (settings.Otlp is null)
            return;
        if (!Uri.TryCreate(settings.Otlp, UriKind.Absolute, out var endpoint))
            throw new SettingsException($"Otlp: '{settings.Otlp}' is not a URL.");
        Engine.LetTracesThrough();
        var resource = ResourceBuilder.CreateDefault().AddService("patientgrains");
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource("PatientGrains.*")
            // The web server makes an activity of its own around each request and never samples it: with the default sampler, which does as
            // the parent does, nothing would ever be exported.
            .SetSampler(new AlwaysOnSampler())
            .AddOtlpExporter(export => export.Endpoint = endpoint)
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("PatientGrains.*", "System.Runtime")
            .AddOtlpExporter(export => export.Endpoint = endpoint)
            .Build();
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}

using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace PatientGrains.Gateway;

/// <summary>
/// Traces and metrics of the fronts under the one name <c>PatientGrains.Gateway</c>. Tags are the kind of a request and the class of its
/// status: never an address, an id or a
/// value, because the address of a FHIR request names a patient.
/// </summary>
internal static class Telemetry
{
    public const string Name = "PatientGrains.Gateway";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "patientgrains.gateway.request.duration", "s", "From the request's headers to the last byte of the answer");

    public static Activity? Start() => Source.StartActivity("fhir", ActivityKind.Server);

    public static void Done(Activity? activity, string kind, int status, TimeSpan took)
    {
        string statusClass = (status / 100) switch { 1 => "1xx", 2 => "2xx", 3 => "3xx", 4 => "4xx", _ => "5xx" };
        Duration.Record(took.TotalSeconds, new("kind", kind), new("status_class", statusClass));
        if (activity is null)
            return;
        activity.DisplayName = "fhir " + kind;
        activity.SetTag("kind", kind);
        activity.SetTag("status_class", statusClass);
        activity.SetStatus(status >= 500 ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
    }
}

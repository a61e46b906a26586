using System.Diagnostics.Metrics;

namespace PatientGrains.Gateway.Admission;

/// <summary>
/// What waits, what is under way and what is refused, by lane. Sources are named by their slugs, which say which system it is and nothing
/// of its patients.
/// </summary>
internal sealed class AdmissionMetrics : IDisposable
{
    private readonly Meter _meter = new(Telemetry.Name);
    private readonly Counter<long> _refused;
    private readonly KeyValuePair<string, object?> _lane;

    public AdmissionMetrics(string lane, Func<(int UnderWay, int Limit, List<(string Source, int Waiting)> Waiting)> look)
    {
        _lane = new("lane", lane);
        _refused = _meter.CreateCounter<long>("patientgrains.gateway.admission.refused", "{request}", "Told Busy before it was looked at");
        _meter.CreateObservableGauge("patientgrains.gateway.admission.under_way", () => Of(look().UnderWay), "{unit}", "Let in, not done");
        _meter.CreateObservableGauge("patientgrains.gateway.admission.limit", () => Of(look().Limit), "{unit}", "Let in at most");
        _meter.CreateObservableGauge("patientgrains.gateway.admission.waiting",
            () => look().Waiting.Select(one => new Measurement<int>(one.Waiting, _lane, new("source", one.Source))),
            "{request}", "Waiting for their turn");
    }

    public void Refused(string source) => _refused.Add(1, _lane, new("source", source));

    private Measurement<int> Of(int value) => new(value, _lane);

    public void Dispose() => _meter.Dispose();
}

using System.Collections.Immutable;
using PatientGrains.Core.Screening;
using PatientGrains.Fhir.Findings;

namespace PatientGrains.Fhir;

/// <summary>
/// What screening needs to know of a resource, in canonical units: a second, short pass over a body that was found valid. Only the
/// variables of <see cref="Variables"/> are looked at. What cannot be used without doubt is <see cref="Doubted"/> and never
/// <see cref="Measured"/>.
/// </summary>
public static class FhirFindings
{
    /// <param name="type">The resource's type.</param>
    /// <param name="body">The finished body, UTF-8.</param>
    /// <param name="now">When it was received: what claims to be more than an hour later is doubted.</param>
    /// <returns>Mostly nothing, at once for most types. Never throws for what the bytes hold.</returns>
    public static ImmutableArray<Finding> Of(string type, ReadOnlySpan<byte> body, DateTimeOffset now) => type switch
    {
        "Observation" => ObservationFindings.Of(body, now),
        "DiagnosticReport" => CultureFindings.OfReport(body, now),
        "Specimen" => CultureFindings.OfSpecimen(body, now),
        "MedicationAdministration" => MedicationFindings.OfAdministration(body, now),
        "MedicationRequest" => MedicationFindings.OfRequest(body, now),
        "Encounter" => StayFindings.OfEncounter(body, now),
        "Patient" => StayFindings.OfPatient(body),
        _ => [],
    };
}

using System.Text.Json.Serialization;

namespace PatientGrains.Core.Screening;

/// <summary>
/// What the gateway found in a resource that screening needs, in canonical form: stored with the version, so that neither Core nor a grain
/// parses FHIR or converts units. Names and members are stored for ever, like those of events.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "$")]
[JsonDerivedType(typeof(Measured), "measured")]
[JsonDerivedType(typeof(Given), "given")]
[JsonDerivedType(typeof(Cultured), "cultured")]
[JsonDerivedType(typeof(Placed), "placed")]
[JsonDerivedType(typeof(Born), "born")]
[JsonDerivedType(typeof(Doubted), "doubted")]
public abstract record Finding;

/// <summary>A value in the canonical unit of its variable.</summary>
public sealed record Measured : Finding
{
    public required Variable Variable { get; init; }

    /// <summary>In the variable's canonical unit; coded variables count as <see cref="Variables"/> says.</summary>
    public required decimal Value { get; init; }

    /// <summary>When it held (Observation.effective; the end of a period), UTC: not when it was sent or received.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Start of the period that the value sums up, such as collected urine; null for an instant.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Observation.status is preliminary.</summary>
    public bool IsPreliminary { get; init; }
}

/// <summary>A drug that screening knows was given (MedicationAdministration) or ordered (MedicationRequest).</summary>
public sealed record Given : Finding
{
    public required Drug Drug { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>Null for a single dose, or while it runs.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Rate of a vasopressor, micrograms per kilogram and minute; null when it is not said or cannot be converted.</summary>
    public decimal? RateMcgPerKgMin { get; init; }

    /// <summary>Still running: <see cref="Until"/> is not known yet.</summary>
    public bool IsRunning { get; init; }
}

/// <summary>Drugs by what the scores ask of them.</summary>
public enum Drug
{
    /// <summary>Any systemic antibacterial, antimycotic or antiviral.</summary>
    Antimicrobial = 1,
    Norepinephrine = 2,
    Epinephrine = 3,
    Dopamine = 4,
    Dobutamine = 5,
    /// <summary>Vasopressin, phenylephrine and others that SOFA's table does not name.</summary>
    OtherVasopressor = 6,
}

/// <summary>A culture of blood or another body fluid was taken.</summary>
public sealed record Cultured : Finding
{
    public required DateTimeOffset At { get; init; }
}

/// <summary>The patient lies in a unit (Encounter.location).</summary>
public sealed record Placed : Finding
{
    /// <summary>The location's reference (<c>Location/icu-3</c>), or its display when there is no reference.</summary>
    public required string Unit { get; init; }
    public required DateTimeOffset From { get; init; }

    /// <summary>Null while the patient is there.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>Patient.birthDate and Patient.deceased, one of them at least.</summary>
public sealed record Born : Finding
{
    /// <summary>The first day that Patient.birthDate may mean; null when it is not said.</summary>
    public DateOnly? On { get; init; }

    /// <summary>Patient.deceased.</summary>
    public bool IsDeceased { get; init; }
}

/// <summary>A value of a known variable that screening does not use: reported as a quality issue, never alerted on.</summary>
public sealed record Doubted : Finding
{
    public required Variable Variable { get; init; }
    public required Doubt Doubt { get; init; }

    /// <summary>What stood there, value and unit as written, at most 100 characters.</summary>
    public string? Written { get; init; }
}

/// <summary>Why a value is not used.</summary>
public enum Doubt
{
    /// <summary>No effective time, or one less exact than a day.</summary>
    NoTime = 1,
    /// <summary>Later than it was received by more than an hour.</summary>
    FutureTime = 2,
    NoValue = 3,
    NoUnit = 4,
    /// <summary>A unit that is not UCUM, or measures something else.</summary>
    WrongUnit = 5,
    /// <summary>Outside what a living body shows: a typing error or another unit than said.</summary>
    Implausible = 6,
    /// <summary>Only bounded (&lt;, &gt;): the value itself is not known.</summary>
    Bounded = 7,
    /// <summary>A coded value that the variable does not know.</summary>
    UnknownCode = 8,
    /// <summary>The codes of the observation mean different variables.</summary>
    AmbiguousCode = 9,
}

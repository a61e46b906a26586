using System.Globalization;
using System.Text;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Live;

/// <summary>
/// Adults who lie in units, and what their monitors and laboratory send. The first <see cref="Popularity.Ward"/> patients lie in unit 0,
/// the ward that gets most of the load; the others are spread over the rest.
/// </summary>
internal sealed class Hospital(int patients, ulong seed)
{
    public const int Units = 10;

    /// <summary>LOINC code, unit, a value that no screen minds, and how much it varies.</summary>
    private static readonly (string Loinc, string Ucum, double Value, double Spread)[] Vitals =
    [
        ("8867-4", "/min", 66, 18), ("9279-1", "/min", 13, 5), ("8310-5", "Cel", 36.5, 0.8), ("59408-5", "%", 97, 2),
        ("8480-6", "mm[Hg]", 118, 14),
    ];

    private readonly Chance _value = new(seed + 3);

    public int Patients => patients;

    public Popularity Whom { get; } = new(patients, seed);

    public static string IdOf(int patient) => string.Create(CultureInfo.InvariantCulture, $"live-{patient:D5}");

    public static int PatientOf(string id) => int.Parse(id.AsSpan(5), CultureInfo.InvariantCulture);

    /// <summary>The one laboratory value of a patient that is corrected again and again.</summary>
    public static string AlarmOf(int patient) => string.Create(CultureInfo.InvariantCulture, $"alarm-{patient:D5}");

    public static string UnitOf(int unit) => string.Create(CultureInfo.InvariantCulture, $"Location/unit-{unit}");

    public int UnitOfPatient(int patient) => patient < Popularity.Ward ? 0 : 1 + (patient % (Units - 1));

    /// <summary>The units, as a batch.</summary>
    public static byte[] Locations() => Bundle("batch", Enumerable.Range(0, Units).Select(unit => (UnitOf(unit),
        $$"""{"resourceType":"Location","id":"unit-{{unit}}","status":"active","name":"Unit {{unit}}","mode":"instance"}""")));

    /// <summary>A patient who was admitted an hour before a time, as a transaction.</summary>
    public byte[] Admission(int patient, DateTimeOffset now)
    {
        string id = IdOf(patient);
        return Bundle("transaction",
        [
            ($"Patient/{id}", $$"""
                {"resourceType":"Patient","id":"{{id}}","gender":"{{(patient % 2 == 0 ? "female" : "male")}}",
                "birthDate":"{{1940 + (patient % 50)}}-06-15","name":[{"family":"Load{{patient}}","given":["Test"]}]}
                """),
            ($"Encounter/stay-{id}", $$"""
                {"resourceType":"Encounter","id":"stay-{{id}}","status":"in-progress",
                "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},
                "subject":{"reference":"Patient/{{id}}"},"period":{"start":"{{Text(now.AddHours(-1))}}"},
                "location":[{"location":{"reference":"{{UnitOf(UnitOfPatient(patient))}}"},"status":"active",
                "period":{"start":"{{Text(now.AddHours(-1))}}"} }]}
                """),
        ]);
    }

    /// <summary>A normal vital sign, as a monitor sends it.</summary>
    public byte[] Vital(long number, int patient, DateTimeOffset at, string? id = null)
    {
        var (loinc, ucum, value, spread) = Vitals[(int)(number % Vitals.Length)];
        double measured = value + (_value.Uniform(number) * spread);
        return Observation(id, "vital-signs", loinc, patient, at, Math.Round(measured, 1), ucum);
    }

    /// <summary>A lactate for which somebody must be called, or its correction to one for which nobody need be.</summary>
    public static byte[] Alarm(int patient, bool raises, DateTimeOffset at) =>
        Observation(AlarmOf(patient), "laboratory", "2524-7", patient, at, raises ? 6.1 : 1.1, "mmol/L");

    private static byte[] Observation(
        string? id, string category, string loinc, int patient, DateTimeOffset at, double value, string ucum) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""
        {"resourceType":"Observation",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"status":"final",
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{{category}}"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"{{loinc}}"}]},"subject":{"reference":"Patient/{{IdOf(patient)}}"},
        "encounter":{"reference":"Encounter/stay-{{IdOf(patient)}}"},"effectiveDateTime":"{{Text(at)}}","issued":"{{Text(at)}}",
        "device":{"identifier":{"system":"urn:example:monitor","value":"bed-{{patient}}"},"display":"bedside monitor"},
        "valueQuantity":{"value":{{value}},"unit":"{{ucum}}","system":"http://unitsofmeasure.org","code":"{{ucum}}"} }
        """));

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static byte[] Bundle(string type, IEnumerable<(string Address, string Resource)> entries) => Encoding.UTF8.GetBytes(
        $"{{\"resourceType\":\"Bundle\",\"type\":\"{type}\",\"entry\":["
        + string.Join(',', entries.Select(entry =>
            $"{{\"resource\":{entry.Resource},\"request\":{{\"method\":\"PUT\",\"url\":\"{entry.Address}\"}}}}"))
        + "]}");
}

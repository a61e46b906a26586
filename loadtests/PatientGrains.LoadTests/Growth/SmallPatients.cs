using System.Globalization;
using System.Text;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Growth;

/// <summary>
/// Patients by number, each a transaction of a Patient with an identifier, a stay and eight observations, and observations by number that
/// come later. The same number gives the same bytes, and nothing raises an alert.
/// </summary>
internal static class SmallPatients
{
    /// <summary>Resources of one patient.</summary>
    public const int Resources = 10;

    public const string IdentifierSystem = "urn:example:growth";

    /// <summary>LOINC code and unit of what observation n of a patient is.</summary>
    private static readonly (string Loinc, string Unit, double Value)[] Kinds =
    [
        ("8867-4", "/min", 66), ("9279-1", "/min", 14), ("8310-5", "Cel", 36.6), ("59408-5", "%", 98),
        ("8480-6", "mm[Hg]", 118), ("29463-7", "kg", 71), ("8302-2", "cm", 172), ("718-7", "g/dL", 14.1),
    ];

    private static readonly Chance s_value = new(11);
    private static readonly DateTimeOffset s_begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What a search by code asks for; each patient has one.</summary>
    public static string Code => "http://loinc.org|" + Kinds[^1].Loinc;

    public static string Id(int patient) => string.Create(CultureInfo.InvariantCulture, $"grow-{patient:D7}");

    public static byte[] Admission(int patient)
    {
        string id = Id(patient);
        var entries = new List<(string Address, string Body)>
        {
            ($"Patient/{id}", $$"""
                {"resourceType":"Patient","id":"{{id}}","identifier":[{"system":"{{IdentifierSystem}}","value":"{{patient}}"}],
                "gender":"{{(patient % 2 == 0 ? "female" : "male")}}","birthDate":"{{1940 + (patient % 60)}}-03-0{{1 + (patient % 9)}}",
                "name":[{"family":"Family{{patient % 5000}}","given":["Given{{patient % 700}}"]}]}
                """),
            ($"Encounter/{id}-stay", $$"""
                {"resourceType":"Encounter","id":"{{id}}-stay","status":"finished",
                "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/{{id}}"},
                "period":{"start":"{{Text(s_begin)}}","end":"{{Text(s_begin.AddHours(2))}}"} }
                """),
        };
        for (int i = 0; i < Kinds.Length; i++)
            entries.Add(($"Observation/{id}-{i}", Observation(id, $"{id}-{i}", i, patient)));
        return Transaction(entries);
    }

    /// <summary>A Patient and nothing else.</summary>
    public static byte[] Alone(string id) => Transaction(
        [($"Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","gender":"female"}""")]);

    /// <summary>Some hundred observations of one patient, whose numbers go on from <paramref name="first"/>.</summary>
    public static byte[] Observations(string patient, int first, int count) => Transaction(Enumerable.Range(first, count)
        .Select(i => ($"Observation/{patient}-o{i}", Observation(patient, $"{patient}-o{i}", i, i))));

    /// <summary>One more observation of a patient, without an id.</summary>
    public static byte[] More(string patient, long number) =>
        Encoding.UTF8.GetBytes(Observation(patient, null, (int)(number % Kinds.Length), number));

    private static string Observation(string patient, string? id, int kind, long number)
    {
        var (loinc, unit, value) = Kinds[kind % Kinds.Length];
        return string.Create(CultureInfo.InvariantCulture, $$"""
            {"resourceType":"Observation",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"status":"final",
            "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
            "code":{"coding":[{"system":"http://loinc.org","code":"{{loinc}}"}]},"subject":{"reference":"Patient/{{patient}}"},
            "effectiveDateTime":"{{Text(s_begin.AddMinutes(number % 500_000))}}",
            "valueQuantity":{"value":{{Math.Round(value * (0.97 + (0.06 * s_value.Uniform(number))), 1)}},
            "unit":"{{unit}}","system":"http://unitsofmeasure.org","code":"{{unit}}"} }
            """);
    }

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static byte[] Transaction(IEnumerable<(string Address, string Body)> entries) => Encoding.UTF8.GetBytes(
        "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
        + string.Join(',', entries.Select(entry =>
            $"{{\"resource\":{entry.Body},\"request\":{{\"method\":\"PUT\",\"url\":\"{entry.Address}\"}}}}"))
        + "]}");
}

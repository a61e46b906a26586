namespace PatientGrains.Fhir.Schema;

/// <summary>
/// The constraints that say isDistinct(): what is the key, and within what it may stand only once. FHIRPath writes each of them
/// differently, so they are a table.
/// </summary>
internal static class DistinctKeys
{
    private static readonly (string Rule, string Within, string Of, string Key)[] _table =
    [
        ("que-2", "Questionnaire", "Questionnaire.item", "linkId"),
        ("csd-1", "CodeSystem", "CodeSystem.concept", "code"),
        ("cpb-9", "CapabilityStatement.rest", "CapabilityStatement.rest.resource", "type"),
        ("cpb-12", "CapabilityStatement.rest.resource", "CapabilityStatement.rest.resource.searchParam", "name"),
        ("eld-13", "ElementDefinition", "ElementDefinition.type", "code"),
        ("eld-14", "ElementDefinition", "ElementDefinition.constraint", "key"),
    ];

    /// <summary>Marks the type as a key's, or as what holds keys; called before captures are numbered.</summary>
    public static void Add(TypeDef type)
    {
        for (int key = 0; key < _table.Length; key++)
        {
            var (rule, within, of, element) = _table[key];
            if (of == type.Name)
            {
                if (!type.Captures.Contains(element))
                    type.Captures.Add(element);
                type.DistinctKey = key;
                type.DistinctCapture = type.Captures.IndexOf(element);
            }
            if (within == type.Name)
                type.Distinct.Add((key, type.Invariants.First(x => x.Key == rule)));
        }
    }
}

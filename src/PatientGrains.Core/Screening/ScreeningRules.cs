using System.Collections.Immutable;

namespace PatientGrains.Core.Screening;

/// <summary>Every screen that runs, in the order in which their alerts of one commit are written.</summary>
public static class ScreeningRules
{
    public static ImmutableArray<ScreeningRule> All { get; } =
    [
        Sirs.Rule,
        QuickSofa.Rule,
        News2.Rule,
        LactateLevel.Rule,
        Sofa.Rule,
        Sepsis3.Rule,
        Kdigo.Rule,
        .. CriticalValues.Rules,
    ];

    public static ScreeningRule? Find(string id) => All.FirstOrDefault(rule => rule.Id == id);
}

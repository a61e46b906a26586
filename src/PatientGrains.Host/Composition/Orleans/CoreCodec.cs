using System.Buffers;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;
using PatientGrains.Core.Record;

namespace PatientGrains.Host.Composition;

/// <summary>Carries Core's records between silos in the log's own codec, and hands them through inside one: they are immutable.</summary>
internal sealed class CoreCodec : IGeneralizedCodec, IGeneralizedCopier, ITypeFilter
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<CoreCodec>();
        services.AddSingleton<IGeneralizedCodec>(provider => provider.GetRequiredService<CoreCodec>());
        services.AddSingleton<IGeneralizedCopier>(provider => provider.GetRequiredService<CoreCodec>());
        services.AddSingleton<ITypeFilter>(provider => provider.GetRequiredService<CoreCodec>());
        // Failures of ours keep their type (not their own members); without this they would arrive as a substitute.
        services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add(nameof(PatientGrains)));
    }

    public bool IsSupportedType(Type type) => type == typeof(CoreCodec) || WireCodec.Carries(type);

    public bool? IsTypeAllowed(Type type) => IsSupportedType(type) ? true : null;

    public object? DeepCopy(object? input, CopyContext context) => input;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, object? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
            return;
        var frame = new ArrayBufferWriter<byte>();
        WireCodec.WriteTagged(frame, value);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(CoreCodec), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)frame.WrittenCount);
        writer.Write(frame.WrittenSpan);
    }

    public object? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
            return ReferenceCodec.ReadReference(ref reader, field.FieldType);
        field.EnsureWireType(WireType.LengthPrefixed);
        uint placeholder = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
        object value = WireCodec.ReadTagged(reader.ReadBytes(reader.ReadVarUInt32()));
        ReferenceCodec.RecordObject(reader.Session, value, placeholder);
        return value;
    }
}

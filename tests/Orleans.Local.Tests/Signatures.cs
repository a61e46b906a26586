using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Orleans.Local.Tests;

/// <summary>
/// Writes what a public type offers as lines of text, from the metadata of an assembly that is read but never loaded. Two assemblies
/// that offer the same write the same lines.
/// </summary>
internal sealed class Signatures(MetadataReader metadata) : ISignatureTypeProvider<string, object?>
{
    const MethodAttributes Shape = MethodAttributes.Static | MethodAttributes.Virtual | MethodAttributes.Abstract;

    /// <summary>Type name to its lines: its kind, base type and interfaces, then its members.</summary>
    internal Dictionary<string, HashSet<string>> OfAllPublicTypes() => metadata.TypeDefinitions
        .Select(metadata.GetTypeDefinition)
        .Where(type => (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public)
        .ToDictionary(type => FullName(type.Namespace, type.Name), type => LinesOf(type).ToHashSet());

    IEnumerable<string> LinesOf(TypeDefinition type)
    {
        bool isInterface = (type.Attributes & TypeAttributes.Interface) != 0;
        TypeAttributes kind = type.Attributes & (TypeAttributes.Interface | TypeAttributes.Abstract | TypeAttributes.Sealed);
        yield return $"kind {kind}";
        yield return $"base {(type.BaseType.IsNil ? "nothing" : NameOf(type.BaseType))}";
        foreach (string constraint in Constraints(type.GetGenericParameters()))
        {
            yield return $"generic {constraint}";
        }

        foreach (InterfaceImplementationHandle handle in type.GetInterfaceImplementations())
        {
            yield return $"is {NameOf(metadata.GetInterfaceImplementation(handle).Interface)}";
        }

        foreach (MethodDefinition method in type.GetMethods().Select(metadata.GetMethodDefinition))
        {
            if (IsVisible(method.Attributes) && (isInterface || metadata.GetString(method.Name) != "Finalize"))
            {
                yield return LineOf(method);
            }
        }

        foreach (FieldDefinition field in type.GetFields().Select(metadata.GetFieldDefinition))
        {
            if ((field.Attributes & FieldAttributes.FieldAccessMask) == FieldAttributes.Public)
            {
                string fieldType = field.DecodeSignature(this, null);
                yield return $"field {fieldType} {metadata.GetString(field.Name)} = {Constant(field.GetDefaultValue())}";
            }
        }
    }

    string LineOf(MethodDefinition method)
    {
        MethodSignature<string> signature = method.DecodeSignature(this, null);
        Parameter[] parameters = [.. method.GetParameters().Select(metadata.GetParameter).Where(p => p.SequenceNumber > 0)];
        IEnumerable<string> described = signature.ParameterTypes.Select((type, i) =>
        {
            Parameter parameter = parameters.First(p => p.SequenceNumber == i + 1);
            bool optional = (parameter.Attributes & ParameterAttributes.Optional) != 0;
            return $"{type} {metadata.GetString(parameter.Name)}{(optional ? " = " + Constant(parameter.GetDefaultValue()) : "")}";
        });
        string access = (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public ? "public" : "protected";
        string constraints = string.Join(" ", Constraints(method.GetGenericParameters()));
        return $"{access} {method.Attributes & Shape} {signature.ReturnType} {metadata.GetString(method.Name)}"
            + $"({string.Join(", ", described)}) {constraints}".TrimEnd();
    }

    IEnumerable<string> Constraints(GenericParameterHandleCollection parameters) => parameters
        .Select(metadata.GetGenericParameter)
        .Select(parameter => $"!{parameter.Index} {parameter.Attributes}: " + string.Join(", ", parameter.GetConstraints()
            .Select(handle => NameOf(metadata.GetGenericParameterConstraint(handle).Type)).Order()));

    string Constant(ConstantHandle handle)
    {
        if (handle.IsNil)
        {
            return "default";
        }

        Constant constant = metadata.GetConstant(handle);
        return metadata.GetBlobReader(constant.Value).ReadConstant(constant.TypeCode)?.ToString() ?? "null";
    }

    static bool IsVisible(MethodAttributes attributes) =>
        (attributes & MethodAttributes.MemberAccessMask)
            is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    string NameOf(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeDefinition => GetTypeFromDefinition(metadata, (TypeDefinitionHandle)handle, 0),
        HandleKind.TypeReference => GetTypeFromReference(metadata, (TypeReferenceHandle)handle, 0),
        _ => metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null),
    };

    string FullName(StringHandle ns, StringHandle name) => $"{metadata.GetString(ns)}.{metadata.GetString(name)}";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        return FullName(type.Namespace, type.Name);
    }

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        TypeReference type = reader.GetTypeReference(handle);
        return FullName(type.Namespace, type.Name);
    }

    public string GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => $"System.{typeCode}";
    public string GetSZArrayType(string elementType) => $"{elementType}[]";
    public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[{new string(',', shape.Rank - 1)}]";
    public string GetByReferenceType(string elementType) => $"{elementType}&";
    public string GetPointerType(string elementType) => $"{elementType}*";
    public string GetPinnedType(string elementType) => elementType;
    public string GetFunctionPointerType(MethodSignature<string> signature) => "function pointer";
    public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";
    public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";
    public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => $"{unmodifiedType} modified by {modifier}";

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) =>
        $"{genericType}<{string.Join(", ", typeArguments)}>";
}
